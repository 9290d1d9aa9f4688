//! What the generated code calls. Not part of the public interface.

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
    EventReader, EventSet, EventWriter, Includes, Metadata, NotClone, OtherEvent, SharedError,
    SharedEvent, ValueAttributes, VariantType, attribute_field, check_variant, event_type,
    first_without_source, from_event, into_event, position, position_or_other, read_data,
    set_computed, shared_position, shared_position_or_other, single_extensions, single_types,
    time_field,
};

/// What eventkit-service calls.
pub mod service {
    pub use crate::dispatch::service::*;
}
