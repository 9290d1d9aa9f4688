//! The macros of [eventkit](https://docs.rs/eventkit). Use them through that crate.

mod cloud_event;
mod did_you_mean;
mod error_collector;
mod handler_error;
mod handles;
mod meta;
mod rule;
#[cfg(test)]
mod snapshot;
mod symbol;
mod value;
mod versioned_slice;

use proc_macro::TokenStream;

/// Derives `CloudEvent` for a struct, which is one event type, or an enum, which is a set of them.
///
/// ```ignore
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders", priority = 7)]
/// struct OrderPlaced {
///     #[cloudevent(subject)]
///     customer: String,
///     total_cents: u64,
/// }
///
/// #[derive(CloudEvent)]
/// enum OrderEvent {
///     Placed(OrderPlaced),
///     Paid(OrderPaid),
/// }
/// ```
///
/// It adds the constants `TYPE`, `SOURCE`, `DATA_CONTENT_TYPE` and `DATA_SCHEMA` to a struct, as
/// visible as the struct, and `TryFrom` between the type and `Event` in four directions: from and
/// into, by value and by reference. What is written is checked when it compiles, and every mistake
/// is reported at once.
///
/// # On a struct
///
/// | key | |
/// | --- | --- |
/// | `type = ".."` | the event type; required |
/// | `source = ".."` | a URI-reference; if it is absent, a field or the builder gives it |
/// | `subject = ".."` | the subject of all events of the type |
/// | `datacontenttype = ".."` | the media type of the data; `application/json` if absent |
/// | `dataschema = ".."` | an absolute URI |
/// | `name = literal` | an extension attribute: a string, an integer of 32 bits, or a Boolean |
/// | `extension(name = literal, ..)` | the same, for names that look like a misspelt key |
/// | `crate = path` | where the library is, if not `::eventkit` |
///
/// The data is the struct as serde writes it. A unit struct is an event without data, which takes
/// any data when it is read, and needs no `Serialize` and `Deserialize`.
///
/// # On a field
///
/// | key | |
/// | --- | --- |
/// | `id`, `source`, `subject`, `time` | the field gives this attribute |
/// | `extension` | it gives the extension of its own name |
/// | `extension = "name"` | it gives the extension of that name |
/// | `keep` | beside one of these: the field is in the data as well, and is read from there |
///
/// The type of such a field implements `Attribute`; an `Option` may be absent. Without `keep` the
/// field leaves the data: the remaining fields are written and read with the `#[serde(..)]`
/// attributes that they and the struct have, and an event of which no field remains has no data.
/// The struct's own `Serialize` and `Deserialize` stay whole, and are not called for the event.
///
/// # On an enum
///
/// Each variant holds one type that derives `CloudEvent`, and no two hold the same event type. An
/// event becomes the variant of its type. The only key is `crate = path`.
#[proc_macro_derive(CloudEvent, attributes(cloudevent))]
pub fn cloud_event(input: TokenStream) -> TokenStream {
    cloud_event::derive(input.into()).into()
}

/// Derives `HandlerError` for an error: each variant decides what becomes of the event.
///
/// ```ignore
/// #[derive(Debug, thiserror::Error, HandlerError)]
/// enum ShipError {
///     #[error("the carrier has no room")]
///     #[retry(after = "5s")]
///     CarrierBusy,
///     #[error("the database failed")]
///     #[retry]
///     Database(#[from] sqlx::Error),
///     #[error("no address {0:?}")]
///     #[dead_letter]
///     UnknownAddress(String),
///     #[error("shipped already")]
///     #[drop]
///     ShippedAlready,
/// }
/// ```
///
/// | attribute | the event |
/// | --- | --- |
/// | `#[retry]` | is tried again, after the delay of the policy and within its attempts |
/// | `#[retry(after = "5s")]` | is tried again after this delay |
/// | `#[dead_letter]` | is kept as a dead letter, at once |
/// | `#[drop]` | is forgotten |
///
/// A variant without one of them does not compile: the decision is made where the variant is added. A
/// struct has the attribute itself. `#[handler_error(crate = path)]` on the type gives the path of the
/// library, if it is not `::eventkit`.
#[proc_macro_derive(HandlerError, attributes(retry, dead_letter, drop, handler_error))]
pub fn handler_error(input: TokenStream) -> TokenStream {
    handler_error::derive(input.into()).into()
}

/// Registers a function as a handler; the function stays as it is.
///
/// ```ignore
/// #[handles("co.outcome.order.placed")]
/// fn send_receipt(order: &OrderPlaced) { .. }
///
/// #[handles]                                  // the types of the parameter
/// async fn ship(order: OrderPlaced, State(db): State<Db>) -> Result<(), ShipError> { .. }
///
/// #[handles("co.outcome.order.*", registry = AUDIT, order = -1)]
/// fn audit(event: &Event, Id(id): Id<'_>, #[extension("region")] region: Option<String>) { .. }
/// ```
///
/// **The event** is the first parameter: `&T` or `T` of a derived struct or enum, `&Event` or
/// `Event`. Handlers share the event; one that takes it by value gets its own.
///
/// **The strings** are event types, or patterns in which a `*` between dots stands for one segment
/// and a `*` at the end for one or more. Each has to be a type of the parameter. A typed handler
/// without strings handles all types of its parameter; an envelope handler has to say which.
///
/// **Further parameters** are extractors: `State<S>`, `Id`, `Source`, `Type`, `Subject`, `Time`,
/// `&Context`, types that implement `Extract`, and with `#[extension("name")]` an extension
/// attribute, of any type that implements `Attribute`, or an `Option` of one.
///
/// **It returns** `()` or `Result<(), E>` where `E` converts into a boxed error.
///
/// | key | |
/// | --- | --- |
/// | `registry = NAME` | the `static` of a registry; the default one if absent |
/// | `filter = ".."` | an expression of [CESQL] on the attributes of the event; see below |
/// | `order = n` | the place among the handlers of an event, lower first; 0 if absent |
/// | `crate = path` | where the library is, if not `::eventkit` |
///
/// **In a service** these hold, each with a default; see `Policy` for what they mean:
///
/// | key | |
/// | --- | --- |
/// | `name = ".."` | the name under which the handler is subscribed; its path if absent |
/// | `retry(attempts = 5, initial_delay = "1s", max_delay = "1m")` | how often and after which delays it is tried |
/// | `timeout = "30s"` | how long it may take |
/// | `concurrency = 8` | for how many events it may run at once |
/// | `key = "partitionkey"`, `key = function` | what keeps events in order |
/// | `circuit_breaker(max_failures = 20, reset_timeout = "30s")` | when it is stopped for a while |
/// | `on_exhausted = "dead_letter"`, `on_exhausted = "drop"` | what becomes of an event in the end |
///
/// ```ignore
/// #[handles("co.outcome.order.placed", name = "receipt", retry(attempts = 5), key = "subject")]
/// async fn send_receipt(order: &OrderPlaced) -> Result<(), MailError> { .. }
/// ```
///
/// If the error derives `HandlerError`, its variant decides what becomes of the event.
///
/// **The filter** is parsed when it compiles: a syntax error, an unknown function, a wrong number of
/// arguments, and a name that no attribute can have do not compile. If an event does not pass, the
/// handler does not run, and the report lists it as filtered. If the filter has an error, for instance
/// since an attribute is absent, the handler does not run and counts as failed, with the error in the
/// report. Test for an attribute that may be absent: `EXISTS priority AND priority > 3`.
///
/// ```ignore
/// #[handles("co.outcome.order.placed", filter = "subject LIKE 'eu-%' AND total > 100")]
/// fn review(order: &OrderPlaced) { .. }
/// ```
///
/// [CESQL]: https://github.com/cloudevents/spec/blob/main/cesql/spec.md
///
/// Beside the function stands one hidden static. Handlers run in the order that `Registry` states.
#[proc_macro_attribute]
pub fn handles(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handles::expand(arguments.into(), &item.into()).into()
}

/// Lists handlers by the paths of their functions, for `Registry::add`.
///
/// ```ignore
/// registry.add(handlers![send_receipt, shipping::ship]);
/// ```
///
/// A path has to lead to where the function is defined: the handler stands there, beside it.
#[proc_macro]
pub fn handlers(paths: TokenStream) -> TokenStream {
    handles::handlers(paths.into()).into()
}

// A slice of the library, under a name that carries its version.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __versioned_slice(_: TokenStream, item: TokenStream) -> TokenStream {
    versioned_slice::expand(item.into()).into()
}
