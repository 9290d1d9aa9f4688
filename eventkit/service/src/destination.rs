//! The destination of a transport, for telemetry.

use eventkit::transport::{Destination, Transport};

/// Returns the destination of a transport, which has at least a name.
pub(crate) fn destination(transport: &dyn Transport) -> Destination<'_> {
    let named = || Destination::new(transport.name(), transport.name());
    transport.destination().unwrap_or_else(named)
}
