//! JSON Schema of event data.

mod definitions;
mod keywords;
mod sample;
mod split;

use schemars::JsonSchema;
use schemars::generate::{Contract, SchemaSettings};
use serde_json::Value;

pub(crate) use definitions::{definition_name, prune, resolve};
pub(crate) use keywords::map_subschemas;
pub(crate) use sample::sample;
pub(crate) use split::{AttributeSchema, split};

/// The schemas of a type: of what is read, and of what is written.
#[derive(Debug, Clone)]
#[doc(hidden)]
pub struct Contracts {
    pub(crate) read: Value,
    pub(crate) written: Value,
}

/// The JSON Schema (draft 7) of the data of an event type.
///
/// The data of an event without data has the type `null`. [`EventType`](crate::EventType) contains it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct DataSchema {
    /// The schema of the data that a reader accepts.
    pub read: Value,
    /// The schema of the data that a sender writes. It differs where fields have defaults.
    pub written: Value,
}

/// Returns the schemas of a type, with the fields that are attributes.
pub(crate) fn contracts<T: JsonSchema>() -> Contracts {
    Contracts {
        read: schema_of::<T>(Contract::Deserialize),
        written: schema_of::<T>(Contract::Serialize),
    }
}

fn schema_of<T: JsonSchema>(contract: Contract) -> Value {
    let settings = SchemaSettings::draft07().with(|settings| settings.contract = contract);
    settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value()
}
