//! Items for generated code. They are not part of the public API.

#[cfg(feature = "discovery")]
pub use linkme;
pub use serde;

#[cfg(feature = "macros")]
pub use eventkit_macros::__items;

pub use crate::__discover as discover;
pub use crate::dispatch::generated::*;
pub use crate::dispatch::{
    Extract, ExtractAsync, Handler, HandlerEntry, IntoOutcome, Location, OnExhausted, Policy,
    Registry, Requirements,
};
pub use crate::error::{DecodeError, EncodeError};
pub use crate::event::timestamp::timestamp_of;
pub use crate::event::{Attribute, AttributeRef, Event, EventBuilder};
pub use crate::filter::Filter;
pub use crate::transport::StartPosition;
pub use crate::typed::{
    AttributeField, AttributeSource, BuilderWriter, CloneProbe, Cloning, CloudEvent, ComputedValue,
    EventDescriptor, EventMembers, EventReader, EventSet, EventWriter, FieldDescriptor, Includes,
    Member, Metadata, NotClone, OtherEvent, SharedError, SharedEvent, ValueAttributes, Variant,
    VariantType, all_or_none, attribute_field, check_variant, event_type, first_without_source,
    from_event, into_event, position, position_or_other, read_data, set_computed, shared_position,
    shared_position_or_other, single_descriptors, single_extensions, single_types, time_field,
};

/// Items for eventkit-service.
pub mod service {
    pub use crate::dispatch::service::*;
    #[cfg(feature = "otel")]
    pub use crate::transport::otel::{DURATION_BOUNDARIES, operation_duration};
}
