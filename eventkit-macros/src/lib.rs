//! The macros of [eventkit](https://docs.rs/eventkit). Use them through that crate.

mod cloud_event;
mod context;
mod crate_path;
mod handles;
mod literal;
mod meta;
mod name;
mod suggest;

use proc_macro::TokenStream;

/// Derives `CloudEvent`.
#[proc_macro_derive(CloudEvent, attributes(cloudevent))]
pub fn cloud_event(input: TokenStream) -> TokenStream {
    cloud_event::derive(input.into()).into()
}

/// Makes a function a handler; the function stays as it is.
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
/// | `order = n` | the place among the handlers of an event, lower first; 0 if absent |
/// | `crate = path` | where the library is, if not `::eventkit` |
///
/// Beside the function stands one hidden static. Handlers run in the order that `Registry` states.
#[proc_macro_attribute]
pub fn handles(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handles::expand(arguments.into(), item.into()).into()
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
