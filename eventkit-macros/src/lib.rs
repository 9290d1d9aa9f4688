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

/// Derives `CloudEvent` for a struct, which is one event type, or an enum, which is a set of them.
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
/// It adds the constants `TYPE`, `SOURCE`, `DATA_CONTENT_TYPE` and `DATA_SCHEMA` to a struct, as
/// visible as the struct, and `TryFrom` between the type and `Event` in four directions: from and
/// into, by value and by reference. All keys are checked at compile time, and every mistake
/// is reported at once.
///
/// # On a struct
///
/// | key | |
/// | --- | --- |
/// | `type = ".."`, `type = CONSTANT` | the event type, which is one and no pattern; required |
/// | `source = ".."` | a URI-reference; if it is absent, a field or the builder sets it |
/// | `subject = ".."` | the subject of all events of the type |
/// | `datacontenttype = ".."` | the media type of the data; `application/json` if absent |
/// | `dataschema = ".."` | an absolute URI |
/// | `name = literal` | an extension attribute: a string, an integer of 32 bits, or a Boolean |
/// | `extension(name = literal, ..)` | the same, for names that look like a misspelt key |
/// | `source = function` | the same for `id`, `subject`, `time` and extensions: `function(&value)` computes the attribute |
/// | `crate = path` | the path of the library; `::eventkit` by default |
///
/// The constant of a type with parameters may follow from them, as in `type = T::CHANGED` on a
/// `struct Changed<T: Entity>`: each instantiation is an event type of its own.
///
/// A function is given by its path. It takes `&Self`, and returns a `String`, a `&str`, any other type that
/// implements `Attribute`, or an `Option` of one; `None` leaves the attribute unset. It is called when an
/// event is made of a value, and an attribute of an event that is read is not compared with it.
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
/// The data is the struct as serde writes it. A unit struct is an event without data, which takes
/// any data when it is read, and needs no `Serialize` and `Deserialize`.
///
/// # On a field
///
/// | key | |
/// | --- | --- |
/// | `id`, `source`, `subject`, `time` | the field sets this attribute |
/// | `extension` | the field sets the extension of its own name |
/// | `extension = "name"` | the field sets the extension of that name |
/// | `keep` | beside one of these: the field is in the data as well, and is read from there |
///
/// The type of such a field implements `Attribute`; an `Option` may be absent. A time is a
/// `Timestamp`, a `chrono::DateTime`, or a `String` in the form of RFC 3339. Without `keep` the
/// field leaves the data, so that `keep` and serde's `skip` exclude each other: the remaining fields are written and read with the `#[serde(..)]`
/// attributes that they and the struct have, and an event of which no field remains has no data.
/// The struct's own `Serialize` and `Deserialize` stay whole, and are not called for the event.
///
/// # On an enum
///
/// Each variant holds one type that derives `CloudEvent`, or a `Box` of one, and no two hold the same
/// event type. An event becomes the variant of its type. The only key is `crate = path`.
///
/// A variant with `#[cloudevent(other)]` holds an `Event` of any other type, as it was received. A handler
/// of such an enum takes the types of the other variants, or those that `#[handles(..)]` names.
///
/// The event types of type parameters are known in each instantiation only. There, the compiler
/// rejects two variants of one event type when it builds the program; `cargo check` does not.
#[proc_macro_derive(CloudEvent, attributes(cloudevent))]
pub fn cloud_event(input: TokenStream) -> TokenStream {
    cloud_event::derive(input.into()).into()
}

/// Derives `HandlerError` for an error: each variant declares how a service treats the event.
///
/// ```
/// use eventkit::HandlerError;
///
/// #[derive(Debug, thiserror::Error, HandlerError)]
/// enum ShipError {
///     #[error("the carrier has no room")]
///     #[retry(after = "5s")]
///     CarrierBusy,
///     #[error("the label was not printed")]
///     #[retry]
///     Label(#[from] std::io::Error),
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
/// | `#[retry]` | is retried, after the delay of the policy and within its attempts |
/// | `#[retry(after = "5s")]` | is retried after this delay |
/// | `#[dead_letter]` | becomes a dead letter at once |
/// | `#[drop]` | is dropped |
/// | `#[handler_error(transparent)]` | is treated as the error declares that the variant holds |
///
/// A transparent variant holds one error and nothing else: one that derives `HandlerError`, a pointer to
/// one, or a hidden one such as `Box<dyn Error + Send + Sync>` or `anyhow::Error`, which is retried if it
/// has made no decision.
///
/// A variant without one of them does not compile: the decision is made where the variant is added. A
/// struct has the attribute itself. `#[handler_error(crate = path)]` on the type sets the path of the
/// library, which is `::eventkit` by default.
#[proc_macro_derive(HandlerError, attributes(retry, dead_letter, drop, handler_error))]
pub fn handler_error(input: TokenStream) -> TokenStream {
    handler_error::derive(input.into()).into()
}

/// Registers a function as a handler; the function stays as it is.
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
/// `Event`. Handlers share the event, which is decoded at most once. One that takes it by value gets a
/// clone; an enum is made from the value of its variant. If the type is not `Clone`, it decodes its
/// own from an envelope, and a typed value that is dispatched to it is an error before the first
/// handler runs.
///
/// **The strings**, or constants such as `OrderPlaced::TYPE`, are event types, or patterns in which a `*` between dots stands for one segment
/// and a `*` at the end for one or more. Each has to be a type of the parameter. A typed handler
/// without strings handles all types of its parameter; an envelope handler requires them.
///
/// **Further parameters** are extractors: `State<S>`, `Id`, `Source`, `Type`, `Subject`, `Time`,
/// `&Context<'_>`, types that implement `Extract` or, in an async function, `ExtractAsync`, and with
/// `#[extension("name")]` an extension
/// attribute, of any type that implements `Attribute`, or an `Option` of one.
///
/// **It returns** `()` or events, or a `Result` of these with an error that converts into a boxed one.
/// Events are values of an event type, enums of them, `Event`, and an `Option` or a `Vec` of these. A
/// service publishes them after the handler succeeded; elsewhere they are in the report.
///
/// | key | |
/// | --- | --- |
/// | `registry = NAME` | the `static` of a registry; the default registry if absent |
/// | `filter = ".."` | an expression of [CESQL] on the attributes of the event; see below |
/// | `order = n` | the position among the handlers of an event, lower first; 0 by default |
/// | `emits(A, B::TYPE, "c")` | the event types that it emits, beside those that its return type and its `Outgoing<E>` name |
/// | `crate = path` | the path of the library; `::eventkit` by default |
///
/// **In a service**, these keys apply. `name` sets the durable name, under which the transport stores
/// the progress of the handler; `formerly` and `start` say what a service does if there is none under that
/// name. The others set its `Policy`, which documents them and their defaults:
///
/// | key | |
/// | --- | --- |
/// | `name = ".."` | the durable name; the path of the function by default |
/// | `formerly = ".."`, `formerly("..", "..")` | the durable names that the handler had before, the latest first: its progress is continued |
/// | `start = "oldest"`, `start = "new"`, `start = "2026-01-31T09:30:00Z"` | the position at which a new subscription starts; the oldest message by default |
/// | `retry(attempts = 5, initial_delay = "1s", max_delay = "1m")` | the maximum number of attempts, and the delays between them |
/// | `timeout = "30s"` | the time limit of an attempt |
/// | `concurrency = 8` | the maximum number of concurrent events |
/// | `key = "partitionkey"`, `key = function` | the ordering key: an attribute, or the result of a `fn(&Event) -> Option<String>` |
/// | `circuit_breaker(max_failures = 20, reset_timeout = "30s")` | pauses the handler after consecutive failures |
/// | `on_exhausted = "dead_letter"`, `on_exhausted = "drop"` | the action once all attempts have failed |
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
/// If the error derives `HandlerError`, each variant declares how a service treats the event.
///
/// **The filter** is parsed at compile time: a syntax error, an unknown function, a wrong number of
/// arguments, and a name that no attribute can have do not compile. If an event does not pass, the
/// handler does not run, and the report lists it as filtered. If the filter has an error, for instance
/// because an attribute is absent, the handler does not run and counts as failed, with the error in the
/// report.
///
/// A filter and a key read attributes, and not the data. On a typed handler, they may read the core
/// attributes, the extensions that the type declares, and the documented ones. A filter tests for any
/// other with `EXISTS`; a key of any other is a function.
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
/// The macro adds one hidden static next to the function. Handlers run in the order that `Registry` states.
/// Names that start with `__eventkit` are reserved for generated code.
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
/// A path leads to where the function is defined, such as `shipping::ship` and not an imported `ship`:
/// the handler stands there, beside it. If the compiler finds no
/// `__eventkit_handler_where_fn_ship_is_defined`, either the path is another, or `ship` has no
/// `#[handles]`.
#[proc_macro]
pub fn handlers(paths: TokenStream) -> TokenStream {
    handles::handlers(paths.into()).into()
}

// The items beside a handler, which are the arguments of the attribute. They stand in an attribute
// of one item, so that where a handler may not stand, in an `impl`, the compiler reports one error.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __items(items: TokenStream, _: TokenStream) -> TokenStream {
    items
}

// A slice of the library, under a name that carries its version.
#[doc(hidden)]
#[proc_macro_attribute]
pub fn __versioned_slice(_: TokenStream, item: TokenStream) -> TokenStream {
    versioned_slice::expand(item.into()).into()
}

// The example of the README is compiled with those of the documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}
