//! The event types of a catalog.

use std::borrow::Cow;

use eventkit::EventDescriptor;
use eventkit::event::AttributeRef;
use serde_json::{Value, json};

use crate::schema::{self, AttributeSchema, DataSchema};

/// An event type of a [`Catalog`](crate::Catalog).
///
/// ```
/// use eventkit::CloudEvent;
/// use eventkit_catalog::Catalog;
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// /// A customer placed an order.
/// #[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
/// struct OrderPlaced {
///     order_id: String,
/// }
///
/// let catalog = Catalog::builder("Shop", "1.0.0").events::<OrderPlaced>().build()?;
/// let placed = catalog.event("co.outcome.order.placed").unwrap();
/// assert_eq!(placed.description.as_deref(), Some("A customer placed an order."));
/// assert_eq!(placed.source(), Some("/shop/orders"));
/// # Ok::<(), eventkit_catalog::CatalogError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct EventType {
    /// The event type, such as `co.outcome.order.placed`.
    pub ty: String,
    /// The path of the Rust type, if there is one.
    pub rust_type: Option<&'static str>,
    /// The description, which is the documentation of the Rust type.
    pub description: Option<String>,
    /// The media type of the data, if it is known.
    pub data_content_type: Option<&'static str>,
    /// The URI of the schema of the data.
    pub data_schema: Option<&'static str>,
    /// The attributes that the events declare, in order of their names.
    pub attributes: Vec<Attribute>,
    /// The schema of the data, if the catalog was given one.
    pub schema: Option<DataSchema>,
}

/// An attribute that the events of a type declare.
///
/// ```
/// use eventkit::CloudEvent;
/// use eventkit_catalog::{AttributeValue, Catalog};
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
/// struct OrderPlaced {
///     #[cloudevent(extension)]
///     region: Option<String>,
/// }
///
/// let catalog = Catalog::builder("Shop", "1.0.0").events::<OrderPlaced>().build()?;
/// let [region, source] = catalog.events()[0].attributes.as_slice() else { panic!() };
/// assert_eq!(region.name, "region");
/// assert!(matches!(region.value, AttributeValue::Field { required: false, .. }));
/// assert_eq!(source.value, AttributeValue::Fixed("/shop/orders".into()));
/// # Ok::<(), eventkit_catalog::CatalogError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Attribute {
    /// The name.
    pub name: &'static str,
    /// The value, or where it comes from.
    pub value: AttributeValue,
}

/// The value of an [`Attribute`], or where it comes from.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum AttributeValue {
    /// All events have this value.
    Fixed(Value),
    /// A field sets it.
    Field {
        /// The JSON Schema of the value, which is empty if it is unknown.
        schema: Value,
        /// Whether events without the attribute cannot be read.
        required: bool,
    },
    /// A function computes it.
    Computed,
}

impl EventType {
    /// Creates an event type of which only the name is known.
    pub(crate) fn named(ty: &str) -> Self {
        Self {
            ty: ty.to_owned(),
            rust_type: None,
            description: None,
            data_content_type: None,
            data_schema: None,
            attributes: Vec::new(),
            schema: None,
        }
    }

    /// Creates an event type whose schema is unknown.
    pub(crate) fn described(event: &EventDescriptor) -> Self {
        let fields = event.fields.iter().map(|field| AttributeSchema {
            name: field.attribute,
            schema: json!({}),
            required: true,
        });
        Self {
            rust_type: Some(event.rust_type()),
            data_content_type: Some(event.data_content_type),
            data_schema: event.data_schema,
            attributes: attributes(event, fields.collect()),
            ..Self::named(event.ty)
        }
    }

    /// Creates an event type with a schema.
    pub(crate) fn with_schema(event: &EventDescriptor, contracts: schema::Contracts) -> Self {
        let (data, fields) = schema::split(event, contracts);
        let description = data.read.get("description").and_then(Value::as_str);
        Self {
            description: description.map(str::to_owned),
            attributes: attributes(event, fields),
            schema: Some(data),
            ..Self::described(event)
        }
    }

    /// Returns the source, if it is fixed.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        match self.attribute("source")? {
            AttributeValue::Fixed(source) => source.as_str(),
            _ => None,
        }
    }

    /// Returns an attribute by its name.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<&AttributeValue> {
        let mut attributes = self.attributes.iter();
        let found = attributes.find(|attribute| attribute.name == name)?;
        Some(&found.value)
    }

    /// Returns an example of an event as JSON, or `None` if the schema is unknown.
    ///
    /// The data is an example from the schema, such as `#[schemars(example = ..)]` sets, or made up.
    #[must_use]
    pub fn example(&self) -> Option<Value> {
        let schema = self.schema.as_ref()?;
        let mut event = json!({
            "specversion": "1.0",
            "id": "0b5b7c2e-6f0e-4a5b-9a53-1a1c6b1c3a4d",
            "source": "/",
            "type": self.ty,
            "time": "2026-01-31T09:30:00Z",
        });
        for attribute in &self.attributes {
            event[attribute.name] = match &attribute.value {
                AttributeValue::Fixed(value) => value.clone(),
                // The time above is a valid example; one made up from the schema may not be.
                AttributeValue::Field { .. } if attribute.name == "time" => continue,
                AttributeValue::Field { schema, .. } => schema::sample(schema, attribute.name),
                AttributeValue::Computed => json!(attribute.name),
            };
        }
        if schema.written.get("type") != Some(&json!("null")) {
            event["datacontenttype"] = json!(self.data_content_type);
            if let Some(uri) = self.data_schema {
                event["dataschema"] = json!(uri);
            }
            event["data"] = schema::sample(&schema.written, "data");
        }
        Some(event)
    }
}

/// Returns all attributes, in order of their names.
fn attributes(event: &EventDescriptor, fields: Vec<AttributeSchema>) -> Vec<Attribute> {
    let mut attributes = Vec::new();
    let mut fixed = |name, value: Option<Value>| {
        let value = value.map(AttributeValue::Fixed);
        attributes.extend(value.map(|value| Attribute { name, value }));
    };
    fixed("source", event.source.map(Value::from));
    fixed("subject", event.subject.map(Value::from));
    for (name, value) in event.extensions {
        fixed(name, Some(extension(*value)));
    }
    attributes.extend(event.computed.iter().map(|name| Attribute {
        name,
        value: AttributeValue::Computed,
    }));
    attributes.extend(fields.into_iter().map(|field| Attribute {
        name: field.name,
        value: AttributeValue::Field {
            schema: field.schema,
            required: field.required,
        },
    }));
    attributes.sort_by_key(|attribute| attribute.name);
    attributes
}

fn extension(value: AttributeRef<'static>) -> Value {
    match value {
        AttributeRef::Boolean(flag) => flag.into(),
        AttributeRef::Integer(number) => number.into(),
        other => match other.into_text() {
            Cow::Borrowed(text) => text.into(),
            Cow::Owned(text) => text.into(),
        },
    }
}
