//! Sets of event types.

use super::CloudEvent;
use crate::event::Event;

/// A set of event types: an event type by itself, an enum of event types, or [`Event`] for all of them,
/// as is an enum with a variant for other events.
///
/// `#[derive(CloudEvent)]` implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a set of event types",
    label = "neither an event type nor an enum of event types",
    note = "add `#[derive(CloudEvent)]` to `{Self}`, or write `Event` for events of any type"
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

/// A [set](EventSet) that has an event type as a member.
///
/// `#[derive(CloudEvent)]` implements it for an enum, once for each variant. Of an enum with type
/// parameters, those variants are left out that hold a type with one of them: two of them may hold one
/// type.
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
    label = "`{Self}` does not have this event type",
    note = "give `{Self}` a variant that holds `{T}`, or take `Outgoing` without a set"
)]
pub trait Includes<T> {}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> Includes<T> for T {}

#[diagnostic::do_not_recommend]
impl<T: CloudEvent> Includes<T> for Event {}
