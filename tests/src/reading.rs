//! A manual impl of an event type, which reads its attributes in every possible way.

use std::fmt::Debug;

use eventkit::codec::DataSeed;
use eventkit::event::Attribute;
use eventkit::{
    AttributeSource, CloudEvent, DecodeError, EncodeError, Event, EventBuilder, EventReader,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// An event of type `t` that stores the attributes it was decoded with.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading<D> {
    /// The id.
    pub id: String,
    /// The source.
    pub source: String,
    /// The subject.
    pub subject: Option<String>,
    /// The time as text.
    pub time: Option<String>,
    /// The content type of the data.
    pub content_type: Option<String>,
    /// The extension `n`, a number.
    pub n: Option<i32>,
    /// The extension `zone`, a string.
    pub zone: Option<String>,
    /// The data.
    pub data: D,
}

impl<D: Serialize + DeserializeOwned + Send + Sync + 'static> CloudEvent for Reading<D> {
    const TYPES: &'static [&'static str] = &["t"];

    fn event_type(&self) -> &'static str {
        "t"
    }

    fn event_builder(&self) -> Result<EventBuilder, EncodeError> {
        let builder = Event::builder().id(&self.id).source(&self.source).ty("t");
        builder.without_time().data_json(&self.data)
    }

    fn from_reader(source: &mut dyn EventReader) -> Result<Self, DecodeError> {
        let mut data = DataSeed::<D>::new();
        source.read("t", &mut data)?;
        let attributes = source.attributes();
        Ok(Self {
            id: read(attributes, "id")?,
            source: read(attributes, "source")?,
            subject: read(attributes, "subject")?,
            time: read(attributes, "time")?,
            content_type: read(attributes, "datacontenttype")?,
            n: read(attributes, "n")?,
            zone: read(attributes, "zone")?,
            data: data.finish()?,
        })
    }
}

fn read<T: Attribute>(attributes: &dyn AttributeSource, name: &str) -> Result<T, DecodeError> {
    AttributeSource::read_attribute(&attributes, name)
}

/// Asserts that decoding directly into a type gives the same value or kind of error as decoding an
/// event first, and returns whether it is a value.
///
/// # Panics
///
/// Panics if it does not.
#[track_caller]
pub fn assert_agree<D: PartialEq + Debug>(
    straight: Result<Reading<D>, DecodeError>,
    by_event: Result<Reading<D>, DecodeError>,
    message: &dyn Debug,
) -> bool {
    match (straight, by_event) {
        (Ok(straight), Ok(by_event)) => {
            assert_eq!(straight, by_event, "{message:?}");
            true
        }
        (Err(straight), Err(by_event)) => {
            assert_eq!(
                straight.kind(),
                by_event.kind(),
                "directly: {straight:?}, by event: {by_event:?}, of {message:?}"
            );
            false
        }
        (straight, by_event) => {
            panic!("directly: {straight:?}, by event: {by_event:?}, of {message:?}")
        }
    }
}
