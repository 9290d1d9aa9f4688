//! Comparison of the decoders with the reference.

use std::collections::BTreeMap;
use std::fmt::Debug;

use bytes::Bytes;
use eventkit::event::Data;
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, Event};
use eventkit_tests::reading::{Reading, assert_agree};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reference::{self, Reference};

/// Asserts that every decoder gives the same result as the reference, and returns whether the text
/// is an event.
#[track_caller]
pub(crate) fn assert_same(bytes: &[u8]) -> bool {
    let shown = || bytes.escape_ascii().to_string();
    let decoded = Json.decode(Bytes::copy_from_slice(bytes));
    let is_event = match (&decoded, reference::decode(bytes)) {
        (Ok(event), Some(reference)) => {
            assert_event(event, &reference, &shown());
            true
        }
        (Err(_), None) => false,
        (Ok(event), None) => panic!("{event:?}, and to the reference nothing: {}", shown()),
        (Err(error), Some(event)) => {
            panic!("{error:?}, and to the reference {event:?}: {}", shown())
        }
    };
    assert_typed::<Value>(bytes, &shown());
    assert_typed::<Known>(bytes, &shown());
    is_event
}

/// A type with a few fields of the data, which ignores the others.
#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Known {
    n: Option<u8>,
}

/// Asserts that decoding a text directly into a type gives the same result as decoding its event.
#[track_caller]
fn assert_typed<D>(bytes: &[u8], shown: &str)
where
    D: Serialize + DeserializeOwned + PartialEq + Debug + Send + Sync + 'static,
{
    let event = Json.decode(Bytes::copy_from_slice(bytes));
    let by_event = event.and_then(|event| Reading::<D>::from_event(&event));
    assert_agree(Json.decode_as(bytes), by_event, &shown);
}

#[track_caller]
fn assert_event(event: &Event, reference: &Reference, shown: &str) {
    let core = [
        ("id", Some(event.id())),
        ("source", Some(event.source())),
        ("type", Some(event.ty())),
        ("subject", event.subject()),
        ("datacontenttype", event.data_content_type()),
        ("dataschema", event.data_schema()),
    ];
    let core = core
        .into_iter()
        .filter_map(|(name, text)| Some((name.to_owned(), text?.to_owned())));
    let extensions = event.extensions().iter();
    let extensions =
        extensions.map(|(name, value)| (name.to_owned(), value.to_text().into_owned()));
    let attributes: BTreeMap<String, String> = core.chain(extensions).collect();
    assert_eq!(attributes, reference.attributes, "{shown}");
    match (event.time(), reference.time) {
        (Some(time), Some(reference)) => {
            assert_eq!(
                (*time, *time.offset()),
                (reference, *reference.offset()),
                "{shown}"
            );
        }
        (time, reference) => assert_eq!(
            (time.is_some(), reference.is_some()),
            (false, false),
            "{shown}"
        ),
    }
    let data = event.data();
    let data = data.map(|data: &Data| (data.kind(), data.as_bytes().to_vec()));
    assert_eq!(data, reference.data, "{shown}");
}
