//! The macros of [eventkit](https://docs.rs/eventkit). Use them through that crate.
//!
//! The derives [`CloudEvent`](macro@CloudEvent) and [`HandlerError`](macro@HandlerError), the attribute
//! [`handles`](macro@handles), and [`handlers!`]:
//!
//! ```
//! use eventkit::{CloudEvent, HandlerError, Registry, handlers, handles};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize, CloudEvent)]
//! #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
//! struct OrderPlaced { order_id: String }
//!
//! #[derive(Debug, thiserror::Error, HandlerError)]
//! #[error("the order has no id")]
//! #[dead_letter]
//! struct NoId;
//!
//! #[handles]
//! fn ship(order: &OrderPlaced) -> Result<(), NoId> {
//!     if order.order_id.is_empty() { Err(NoId) } else { Ok(()) }
//! }
//!
//! let registry = Registry::new("shop");
//! registry.add(handlers![ship]);
//! registry.dispatch(&OrderPlaced { order_id: "A-1".into() })?;
//! # Ok::<(), eventkit::DispatchError>(())
//! ```

mod attributes;
mod cloud_event;
mod did_you_mean;
mod error_collector;
mod handler_error;
mod handles;
mod meta;
mod rule;
#[cfg(test)]
mod snapshot;
mod span;
mod symbol;
mod ty;
mod value;
mod versioned_slice;

use proc_macro::TokenStream;

/// Derives `CloudEvent` for a struct with one event type, or for an enum of event types.
///
/// ```
/// use eventkit::CloudEvent;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders", priority = 7)]
/// struct OrderPlaced {
///     #[cloudevent(subject)]
///     customer: String,
///     total_cents: u64,
/// }
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.paid", source = "/shop/orders")]
/// struct OrderPaid;
///
/// #[derive(CloudEvent)]
/// enum OrderEvent {
///     Placed(OrderPlaced),
///     Paid(OrderPaid),
/// }
///
/// let event = OrderPlaced { customer: "ann".into(), total_cents: 1250 }.to_event()?;
/// assert_eq!(event.subject(), Some("ann"));
/// assert!(matches!(OrderEvent::try_from(&event)?, OrderEvent::Placed(_)));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// For a struct, the macro adds the constants `TYPE`, `SOURCE`, `DATA_CONTENT_TYPE` and
/// `DATA_SCHEMA` with the visibility of the struct. It implements `TryFrom` between the type and
/// `Event`, by value and by reference. All keys are checked at compile time, and all mistakes are
/// reported at once.
///
/// # On a struct
///
/// | key | |
/// | --- | --- |
/// | `type = ".."`, `type = CONSTANT` | the event type, which cannot be a pattern; required |
/// | `source = ".."` | a URI-reference; if absent, a field or the builder must set it |
/// | `subject = ".."` | the subject of all events of the type |
/// | `datacontenttype = ".."` | the media type of the data; `application/json` if absent |
/// | `dataschema = ".."` | an absolute URI |
/// | `name = literal` | an extension attribute: a string, a 32-bit integer, or a Boolean |
/// | `extension(name = literal, ..)` | the same, for names that resemble a key |
/// | `source = function` | `function(&value)` computes the attribute; also for `id`, `subject`, `time` and extensions |
/// | `crate = path` | the path of the library; `::eventkit` by default |
///
/// If the type has type parameters, the constant may depend on them, such as `type = T::CHANGED`
/// for `struct Changed<T: Entity>`. Each instantiation is a separate event type then.
///
/// A function is given by its path. It takes `&Self`, and returns a `String`, a `&str`, another
/// type that implements `Attribute`, or an `Option` of one. `None` leaves the attribute unset. It
/// is called when a value is encoded. When an event is decoded, its attribute is not compared with
/// the result.
///
/// ```
/// use eventkit::CloudEvent;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = Self::source, region = region_of)]
/// struct OrderPlaced { shop: u32 }
///
/// impl OrderPlaced {
///     fn source(&self) -> String {
///         format!("/shops/{}", self.shop)
///     }
/// }
///
/// fn region_of(_order: &OrderPlaced) -> Option<String> {
///     std::env::var("REGION").ok()
/// }
///
/// assert_eq!(OrderPlaced { shop: 7 }.to_event()?.source(), "/shops/7");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The data is the struct as serde serializes it. A unit struct is an event without data. It
/// ignores the data of a decoded event, and needs neither `Serialize` nor `Deserialize`.
///
/// # On a field
///
/// | key | |
/// | --- | --- |
/// | `id`, `source`, `subject`, `time` | the field sets this attribute |
/// | `extension` | the field sets the extension with its own name |
/// | `extension = "name"` | the field sets the extension with that name |
/// | `keep` | with one of these: the field is also part of the data, and is decoded from it |
///
/// The type of such a field implements `Attribute`. An `Option` is an attribute that may be absent.
/// A time is a `Timestamp`, a `chrono::DateTime`, or a `String` in RFC 3339 format.
///
/// Without `keep`, the field is not part of the data; `keep` and serde's `skip` exclude each other.
/// The other fields are serialized and deserialized with the `#[serde(..)]` attributes of the fields
/// and the struct. If no other field remains, the event has no data. The struct's own `Serialize`
/// and `Deserialize` are unchanged, and are not called for the event.
///
/// # On an enum
///
/// Each variant contains one type that derives `CloudEvent`, or a `Box` of one. No two variants may
/// have the same event type. An event is decoded as the variant of its type. The only key is
/// `crate = path`.
///
/// A variant with `#[cloudevent(other)]` contains the `Event` of any other type, unchanged. A
/// handler of such an enum takes the types of the other variants, or those that `#[handles(..)]`
/// names.
///
/// If the event types of variants depend on type parameters, they are known only in each
/// instantiation. The compiler rejects variants with the same event type when it builds the
/// program, but not in `cargo check`.
#[proc_macro_derive(CloudEvent, attributes(cloudevent))]
pub fn cloud_event(input: TokenStream) -> TokenStream {
    cloud_event::derive(input.into()).into()
}

/// Derives `HandlerError` for an error. Each variant decides what a service does with the event.
///
/// ```
/// use eventkit::HandlerError;
///
/// #[derive(Debug, thiserror::Error, HandlerError)]
/// enum ShipError {
///     #[error("the carrier is fully booked")]
///     #[retry(after = "5s")]
///     CarrierBusy,
///     #[error("failed to print the label")]
///     #[retry]
///     Label(#[from] std::io::Error),
///     #[error("unknown address {0:?}")]
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
/// | `#[retry]` | is retried, after the delay of the policy and within its attempts |
/// | `#[retry(after = "5s")]` | is retried after the given delay |
/// | `#[dead_letter]` | becomes a dead letter, without further attempts |
/// | `#[drop]` | is dropped |
/// | `#[handler_error(transparent)]` | is treated as the error in the variant decides |
///
/// A transparent variant contains exactly one error: one that derives `HandlerError`, a pointer to
/// one, or a type-erased one such as `Box<dyn Error + Send + Sync>` or `anyhow::Error`. A
/// type-erased error without a decision is retried.
///
/// A variant without such an attribute does not compile, so no decision is forgotten. A struct has
/// the attribute on itself. `#[handler_error(crate = path)]` on the type sets the path of the
/// library, which is `::eventkit` by default.
#[proc_macro_derive(HandlerError, attributes(retry, dead_letter, drop, handler_error))]
pub fn handler_error(input: TokenStream) -> TokenStream {
    handler_error::derive(input.into()).into()
}

/// Registers a function as a handler. The function itself is unchanged.
///
/// ```
/// use eventkit::extract::Id;
/// use eventkit::{BoxError, CloudEvent, Event, Registry, State, handles};
/// # use serde::{Deserialize, Serialize};
/// #
/// # #[derive(Clone, Serialize, Deserialize, CloudEvent)]
/// # #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
/// # struct OrderPlaced { order_id: String }
/// #
/// # #[derive(Clone)]
/// # struct Carrier;
/// #
/// # impl Carrier {
/// #     async fn collect(&self, _order_id: &str) -> Result<(), BoxError> { Ok(()) }
/// # }
///
/// #[handles("co.outcome.order.placed")]
/// fn send_receipt(order: &OrderPlaced) {
///     println!("receipt for {}", order.order_id);
/// }
///
/// #[handles] // the types of the parameter
/// async fn ship(order: OrderPlaced, State(carrier): State<Carrier>) -> Result<(), BoxError> {
///     carrier.collect(&order.order_id).await
/// }
///
/// static AUDIT: Registry = Registry::new("audit");
///
/// #[handles("co.outcome.order.*", registry = AUDIT, order = -1)]
/// fn audit(event: &Event, Id(id): Id<'_>, #[extension("region")] region: Option<String>) {
///     println!("{id}: {event} in {region:?}");
/// }
/// ```
///
/// **The event** is the first parameter: `&T` or `T` of a derived struct or enum, `&Event` or
/// `Event`. Handlers share the event, which is decoded at most once. A handler that takes it by
/// value gets a clone; an enum is made from the value of its variant. If the type is not `Clone`,
/// the handler decodes its own value from the envelope. Dispatching a typed value to such a handler
/// is an error before the first handler runs.
///
/// **The strings**, or constants such as `OrderPlaced::TYPE`, are event types or patterns. In a
/// pattern, a `*` between dots matches one segment, and a `*` at the end one or more. Each must
/// match a type of the parameter. A typed handler without strings handles all types of its
/// parameter. An envelope handler requires strings.
///
/// **Further parameters** are extractors: `State<S>`, `Id`, `Source`, `Type`, `Subject`, `Time`,
/// `&Context<'_>`, and types that implement `Extract` or, in an async function, `ExtractAsync`. A
/// parameter with `#[extension("name")]` is an extension attribute. Its type implements
/// `Attribute`, or is an `Option` of such a type.
///
/// **The return type** is `()`, events, or a `Result` of these with an error that can be boxed.
/// Events are values of an event type, enums of event types, `Event`s, and an `Option` or a `Vec`
/// of these. A service publishes them after the handler has succeeded. Outside a service, they are
/// in the report.
///
/// | key | |
/// | --- | --- |
/// | `registry = NAME` | the `static` of a registry; the default registry if absent |
/// | `filter = ".."` | a [CESQL] expression on the attributes of the event; see below |
/// | `order = n` | the position among the handlers of an event, lower values first; 0 by default |
/// | `emits(A, B::TYPE, "c")` | the event types that the handler emits, in addition to those of its return type and its `Outgoing<E>` |
/// | `crate = path` | the path of the library; `::eventkit` by default |
///
/// **In a service**, these keys apply. `name` sets the durable name, under which the transport
/// stores the progress of the handler. If there is no progress under that name, `formerly` and
/// `start` define where the handler starts. The other keys set its `Policy`, which documents them
/// and their defaults:
///
/// | key | |
/// | --- | --- |
/// | `name = ".."` | the durable name; the path of the function by default |
/// | `formerly = ".."`, `formerly("..", "..")` | former durable names, most recent first; the handler continues with the progress of the first one that exists |
/// | `start = "oldest"`, `start = "new"`, `start = "2026-01-31T09:30:00Z"` | the position at which a new subscription starts; the oldest message by default |
/// | `retry(attempts = 5, initial_delay = "1s", max_delay = "1m")` | the maximum number of attempts, and the delays between them |
/// | `timeout = "30s"` | the timeout of an attempt |
/// | `concurrency = 8` | the maximum number of events that are handled concurrently |
/// | `key = "partitionkey"`, `key = function` | the ordering key: an attribute, or the result of a `fn(&Event) -> Option<String>` |
/// | `circuit_breaker(max_failures = 20, reset_timeout = "30s")` | pauses the handler after consecutive failures |
/// | `on_exhausted = "dead_letter"`, `on_exhausted = "drop"` | the action after the last attempt has failed |
///
/// ```
/// # use eventkit::{BoxError, CloudEvent, handles};
/// # use serde::{Deserialize, Serialize};
/// #
/// # #[derive(Serialize, Deserialize, CloudEvent)]
/// # #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
/// # struct OrderPlaced { order_id: String }
/// #
/// # async fn mail(_text: &str) -> Result<(), BoxError> { Ok(()) }
/// #
/// #[handles("co.outcome.order.placed", name = "receipt", retry(attempts = 5), key = "subject")]
/// async fn send_receipt(order: &OrderPlaced) -> Result<(), BoxError> {
///     mail(&order.order_id).await
/// }
/// ```
///
/// If the error derives `HandlerError`, each variant decides what a service does with the event.
///
/// **The filter** is parsed at compile time. A syntax error, an unknown function, a wrong number of
/// arguments, and an invalid attribute name do not compile. If an event does not match, the handler
/// does not run, and the report lists it as filtered. If the evaluation fails, for example because
/// an attribute is absent, the handler does not run and has failed with that error.
///
/// A filter and a key read attributes, not the data. Those of a typed handler may read the core
/// attributes, the extensions that the type declares, and the documented extensions. Test for any
/// other attribute with `EXISTS` in a filter, and use a function for any other key.
///
/// ```
/// use eventkit::{CloudEvent, handles};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders", priority = 7)]
/// struct OrderPlaced { total_cents: u64 }
///
/// #[handles(filter = "priority > 3 AND EXISTS region AND region = 'eu'")]
/// fn review(order: &OrderPlaced) {
///     println!("{} cents", order.total_cents);
/// }
/// ```
///
/// [CESQL]: https://github.com/cloudevents/spec/blob/main/cesql/spec.md
///
/// The macro adds a hidden static next to the function. `Registry` documents the order in which
/// handlers run. Names that start with `__eventkit` are reserved for generated code.
#[proc_macro_attribute]
pub fn handles(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handles::expand(&arguments.into(), &item.into()).into()
}

/// Lists handlers by the paths of their functions, for `Registry::add`.
///
/// ```
/// use eventkit::{Event, Registry, handlers, handles};
///
/// #[handles("co.outcome.order.*")]
/// fn audit(event: &Event) {
///     println!("{event}");
/// }
///
/// mod shipping {
///     use eventkit::{Event, handles};
///
///     #[handles("co.outcome.order.placed")]
///     pub fn ship(event: &Event) {
///         println!("a parcel for {:?}", event.subject());
///     }
/// }
///
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.add(handlers![audit, shipping::ship]);
/// assert_eq!(SHOP.handlers().count(), 2);
/// ```
///
/// Write the path to the module that defines the function, such as `shipping::ship`, and not an
/// imported `ship`, because the handler is next to the function. If the compiler does not find
/// `__eventkit_handler_where_fn_ship_is_defined`, either the path is wrong, or `ship` has no
/// `#[handles]`.
#[proc_macro]
pub fn handlers(paths: TokenStream) -> TokenStream {
    handles::handlers(paths.into()).into()
}

// The items next to a handler are the arguments of this attribute on a single item. So where a
// handler is not allowed, such as in an `impl`, the compiler reports one error.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __items(items: TokenStream, _: TokenStream) -> TokenStream {
    items
}

// Declares a distributed slice of the library under a name with its version.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __versioned_slice(_: TokenStream, item: TokenStream) -> TokenStream {
    versioned_slice::expand(item.into()).into()
}

// Compiles the example of the README together with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
