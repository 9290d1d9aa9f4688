//! Codecs of real formats: `MessagePack`, and postcard, which is not self-describing.

use std::fmt::Debug;

use eventkit::codec::{Codec, ErasedDeserializer, ErasedSeed, ErasedSerialize, encode, register};
use eventkit::{BoxError, CloudEvent, Event};
use eventkit_tests::message::minimal;
use serde::{Deserialize, Serialize};

struct MessagePack;

impl Codec for MessagePack {
    fn media_type(&self) -> &'static str {
        "application/vnd.msgpack"
    }

    fn encode(&self, value: &dyn ErasedSerialize) -> Result<Vec<u8>, BoxError> {
        Ok(rmp_serde::to_vec(value)?)
    }

    fn decode(&self, bytes: &[u8], seed: &mut dyn ErasedSeed) -> Result<(), BoxError> {
        let mut deserializer = rmp_serde::Deserializer::from_read_ref(bytes);
        seed.deserialize(&mut <dyn ErasedDeserializer<'_>>::erase(&mut deserializer))
    }
}

struct Postcard;

impl Codec for Postcard {
    fn media_type(&self) -> &'static str {
        "application/vnd.postcard"
    }

    fn encode(&self, value: &dyn ErasedSerialize) -> Result<Vec<u8>, BoxError> {
        Ok(postcard::to_stdvec(value)?)
    }

    fn decode(&self, bytes: &[u8], seed: &mut dyn ErasedSeed) -> Result<(), BoxError> {
        let mut deserializer = postcard::Deserializer::from_bytes(bytes);
        seed.deserialize(&mut <dyn ErasedDeserializer<'_>>::erase(&mut deserializer))
    }
}

/// Enums, options, bytes and NaN, which the formats encode differently than JSON.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Parcel {
    id: u64,
    state: State,
    note: Option<String>,
    lines: Vec<(u8, Option<f32>)>,
    limit: f64,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum State {
    Open,
    Sent { on: String },
}

/// Defines an event type for each media type, all with the same data.
macro_rules! types {
    ($($name:ident: $media_type:literal;)*) => {$(
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
        #[cloudevent(type = "t", source = "/s", datacontenttype = $media_type)]
        struct $name(Parcel);
    )*};
}

types! {
    AsJson: "application/json";
    AsMessagePack: "application/vnd.msgpack";
    AsPostcard: "application/vnd.postcard";
}

fn parcels() -> [Parcel; 2] {
    let sent = Parcel {
        id: u64::MAX,
        state: State::Sent {
            on: "monday".into(),
        },
        note: Some("fragile".into()),
        lines: vec![(1, None), (2, Some(0.5))],
        limit: f64::INFINITY,
    };
    let open = Parcel {
        state: State::Open,
        note: None,
        ..sent.clone()
    };
    [sent, open]
}

pub(crate) fn register_both() {
    // Another test of the program may have registered it already.
    let _ = register(MessagePack);
    let _ = register(Postcard);
}

fn assert_is_read<T>(media_type: &str, value: impl Fn(Parcel) -> T)
where
    T: CloudEvent + Debug + PartialEq,
{
    for parcel in parcels() {
        let data = encode(&parcel, media_type).unwrap();
        let builder = minimal().data_content_type(media_type).data(data);
        let event: Event = builder.build().unwrap();
        assert_eq!(
            T::from_event(&event).unwrap(),
            value(parcel),
            "{media_type}"
        );
    }
}

#[test]
fn a_type_is_encoded_and_decoded_with_its_declared_media_type() {
    register_both();
    for parcel in parcels() {
        let value = AsMessagePack(parcel.clone());
        let event = value.to_event().unwrap();
        assert_eq!(event.data_content_type(), Some("application/vnd.msgpack"));
        assert_eq!(AsMessagePack::try_from(&event).unwrap(), value);

        let value = AsPostcard(parcel);
        let event = value.to_event().unwrap();
        assert_eq!(event.data_content_type(), Some("application/vnd.postcard"));
        assert_eq!(AsPostcard::try_from(&event).unwrap(), value);
    }
}

#[test]
fn a_type_with_another_media_type_is_decoded_with_the_codec_of_the_data() {
    register_both();
    assert_is_read("application/vnd.msgpack", AsJson);
    assert_is_read("application/vnd.msgpack", AsPostcard);
    assert_is_read("application/vnd.postcard", AsJson);
    assert_is_read("application/vnd.postcard", AsMessagePack);
}

#[test]
fn data_as_decodes_any_type_by_the_media_type() {
    register_both();
    for parcel in parcels() {
        for event in [
            AsMessagePack(parcel.clone()).to_event().unwrap(),
            AsPostcard(parcel.clone()).to_event().unwrap(),
        ] {
            assert_eq!(event.data_as::<Parcel>().unwrap(), parcel);
        }
    }
}
