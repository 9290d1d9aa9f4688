//! The messages of `cloudevents.proto` and the well-known types in it, for prost.

use std::collections::BTreeMap;

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CloudEvent {
    #[prost(string, tag = "1")]
    pub(crate) id: String,
    #[prost(string, tag = "2")]
    pub(crate) source: String,
    #[prost(string, tag = "3")]
    pub(crate) spec_version: String,
    #[prost(string, tag = "4")]
    pub(crate) r#type: String,
    #[prost(btree_map = "string, message", tag = "5")]
    pub(crate) attributes: BTreeMap<String, CloudEventAttributeValue>,
    #[prost(oneof = "Data", tags = "6, 7, 8")]
    pub(crate) data: Option<Data>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Data {
    #[prost(bytes, tag = "6")]
    Binary(Vec<u8>),
    #[prost(string, tag = "7")]
    Text(String),
    #[prost(message, tag = "8")]
    Message(Any),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CloudEventAttributeValue {
    #[prost(oneof = "Attr", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub(crate) attr: Option<Attr>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(crate) enum Attr {
    #[prost(bool, tag = "1")]
    Boolean(bool),
    #[prost(int32, tag = "2")]
    Integer(i32),
    #[prost(string, tag = "3")]
    String(String),
    #[prost(bytes, tag = "4")]
    Bytes(Vec<u8>),
    #[prost(string, tag = "5")]
    Uri(String),
    #[prost(string, tag = "6")]
    UriRef(String),
    #[prost(message, tag = "7")]
    Timestamp(Timestamp),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct CloudEventBatch {
    #[prost(message, repeated, tag = "1")]
    pub(crate) events: Vec<CloudEvent>,
}

#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct Timestamp {
    #[prost(int64, tag = "1")]
    pub(crate) seconds: i64,
    #[prost(int32, tag = "2")]
    pub(crate) nanos: i32,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Any {
    #[prost(string, tag = "1")]
    pub(crate) type_url: String,
    #[prost(bytes, tag = "2")]
    pub(crate) value: Vec<u8>,
}

impl From<Attr> for CloudEventAttributeValue {
    fn from(attr: Attr) -> Self {
        Self { attr: Some(attr) }
    }
}

impl CloudEvent {
    /// Returns the message with another attribute.
    pub(crate) fn with(mut self, name: &str, attr: Attr) -> Self {
        self.attributes.insert(name.to_owned(), attr.into());
        self
    }

    /// Returns the message with other data.
    pub(crate) fn with_data(mut self, data: Data) -> Self {
        self.data = Some(data);
        self
    }

    /// Returns the value of an attribute in the map.
    pub(crate) fn attr(&self, name: &str) -> Option<&Attr> {
        self.attributes.get(name)?.attr.as_ref()
    }
}
