//! The schemas of the structs of a set of event types.

use eventkit::{CloudEvent, EventDescriptor, EventMembers, Member, Variant};
use schemars::JsonSchema;

use crate::schema::{self, Contracts};

/// The [members](eventkit::EventMembers) of a set of event types, all of which implement
/// [`JsonSchema`].
///
/// [`CatalogBuilder::events`](crate::CatalogBuilder::events) requires it.
pub trait EventSchemas {
    #[doc(hidden)]
    fn describe(visit: &mut dyn FnMut(EventDescriptor, Contracts));
}

/// [`JsonSchema`], with an error that says what to add.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no JSON Schema",
    label = "an event type without a JSON Schema",
    note = "add `#[derive(schemars::JsonSchema)]` to `{Self}`"
)]
#[doc(hidden)]
pub trait EventSchema: JsonSchema {}

#[diagnostic::do_not_recommend]
impl<T: JsonSchema> EventSchema for T {}

impl<T: CloudEvent + EventSchema> EventSchemas for Member<T> {
    fn describe(visit: &mut dyn FnMut(EventDescriptor, Contracts)) {
        if let [descriptor] = T::DESCRIPTORS {
            visit(*descriptor, schema::contracts::<T>());
        }
    }
}

impl<T: EventMembers<Members: EventSchemas>> EventSchemas for Variant<T> {
    fn describe(visit: &mut dyn FnMut(EventDescriptor, Contracts)) {
        T::Members::describe(visit);
    }
}

impl<A: EventSchemas, B: EventSchemas> EventSchemas for (A, B) {
    fn describe(visit: &mut dyn FnMut(EventDescriptor, Contracts)) {
        A::describe(visit);
        B::describe(visit);
    }
}

impl EventSchemas for () {
    fn describe(_: &mut dyn FnMut(EventDescriptor, Contracts)) {}
}
