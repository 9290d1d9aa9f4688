//! The destination of events, as telemetry names it.

/// The messaging system of a transport, and a name for the place at which it stores events.
///
/// They are the attributes `messaging.system` and `messaging.destination.name` of the OpenTelemetry
/// semantic conventions. Neither contains credentials, and a name has few different values: a
/// stream or an exchange, and not the subject of one event.
///
/// ```
/// use eventkit::transport::Destination;
///
/// let destination = Destination::new("nats", "shop");
/// assert_eq!((destination.system, destination.name), ("nats", "shop"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Destination<'a> {
    /// The messaging system, such as `nats`.
    pub system: &'a str,
    /// The name within the system, such as that of a stream.
    pub name: &'a str,
}

impl<'a> Destination<'a> {
    /// Creates a destination.
    #[must_use]
    pub const fn new(system: &'a str, name: &'a str) -> Self {
        Self { system, name }
    }
}
