//! Sets of event types.

use super::CloudEvent;
use crate::event::Event;

/// A set of event types: a single event type, an enum of event types, or [`Event`] for all types.
/// An enum with a variant for other events also stands for all types.
///
/// `#[derive(CloudEvent)]` implements this trait.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of event types",
    label = "neither an event type nor an enum of event types",
    note = "add `#[derive(CloudEvent)]` to `{Self}`, or use `Event` for events of any type"
)]
pub trait EventSet: Send + Sync + 'static {
    /// The event types, or `"*"` for all of them.
    const TYPES: &'static [&'static str];
}

impl EventSet for Event {
    const TYPES: &'static [&'static str] = &["*"];
}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> EventSet for T {
    const TYPES: &'static [&'static str] = if T::HAS_OTHER { &["*"] } else { T::TYPES };
}

/// A [set](EventSet) that contains an event type.
///
/// `#[derive(CloudEvent)]` implements this trait for an enum, once for each variant. For an enum
/// with type parameters, it skips the variants whose type depends on them, because two of these
/// could have the same type.
///
/// ```
/// use eventkit::{CloudEvent, Event, Includes};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
/// struct OrderPlaced { order_id: String }
///
/// #[derive(CloudEvent)]
/// enum OrderEvent { Placed(OrderPlaced) }
///
/// fn emit<S: Includes<T>, T>(_event: T) {}
///
/// let order = || OrderPlaced { order_id: "A-1".into() };
/// emit::<OrderEvent, _>(order());
/// emit::<Event, _>(order());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{T}` is not a member of `{Self}`",
    label = "not an event type of `{Self}`",
    note = "add a variant with `{T}` to `{Self}`, or take `Outgoing` without a set"
)]
pub trait Includes<T> {}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> Includes<T> for T {}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> Includes<T> for Event {}
