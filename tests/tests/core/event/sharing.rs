//! Events are cheap to clone, and can be sent to other threads.

use bytes::Bytes;
use eventkit::event::{
    AttributeValue, Data, Extensions, MediaType, Timestamp, Uri, UriReference, Violation,
};
use eventkit::format::{Format, Json};
use eventkit::{DecodeError, EncodeError, Event, EventBuilder, LenientEvent};
use eventkit_tests::message::minimal;

#[test]
fn all_types_are_send_and_sync() {
    fn assert_shareable<T: Send + Sync + 'static>() {}

    assert_shareable::<Event>();
    assert_shareable::<EventBuilder>();
    assert_shareable::<LenientEvent>();
    assert_shareable::<Data>();
    assert_shareable::<AttributeValue>();
    assert_shareable::<Extensions>();
    assert_shareable::<MediaType>();
    assert_shareable::<Timestamp>();
    assert_shareable::<Uri>();
    assert_shareable::<UriReference>();
    assert_shareable::<Violation>();
    assert_shareable::<eventkit::event::BuildError>();
    assert_shareable::<DecodeError>();
    assert_shareable::<EncodeError>();
}

#[test]
fn a_clone_shares_attributes_and_data() {
    let event = minimal().data_text("hi").build().unwrap();
    let clone = event.clone();

    assert_eq!(event.id().as_ptr(), clone.id().as_ptr());
    assert_eq!(
        event.data().unwrap().as_bytes().as_ptr(),
        clone.data().unwrap().as_bytes().as_ptr()
    );
}

#[test]
fn a_change_to_a_clone_does_not_affect_the_original() {
    let event = minimal().extension("n", 1).build().unwrap();
    let mut clone = event.clone();
    clone.set_id("2").unwrap();
    clone.set_extension("n", 2).unwrap();

    assert_eq!(event.id(), "1");
    assert_eq!(event.extension("n"), Some(&AttributeValue::Integer(1)));
    assert_eq!(clone.id(), "2");
}

#[test]
fn a_changed_clone_still_shares_the_data() {
    let event = minimal().data_text("hi").build().unwrap();
    let mut clone = event.clone();
    clone.set_id("2").unwrap();

    assert_eq!(
        event.data().unwrap().as_bytes().as_ptr(),
        clone.data().unwrap().as_bytes().as_ptr()
    );
}

const TEXT: &str = r#"{"specversion":"1.0","id":"A-1","source":"/s","type":"t","datacontenttype":"application/json","data":{"n":1}}"#;

/// Returns whether memory is part of a message.
fn is_within(place: &str, message: &Bytes) -> bool {
    message.as_ptr_range().contains(&place.as_ptr())
}

#[test]
fn attributes_share_the_message_with_the_data() {
    let message = Bytes::from(TEXT.to_owned());
    let event = Json.decode(message.clone()).unwrap();
    for text in [event.id(), event.source(), event.ty()] {
        assert!(is_within(text, &message), "{text}");
    }

    // Attributes with escapes are not in the message in their final form.
    let message = Bytes::from(TEXT.replace("A-1", "\\u0041-1"));
    let event = Json.decode(message.clone()).unwrap();
    assert_eq!((event.id(), event.source(), event.ty()), ("A-1", "/s", "t"));
    assert!(!is_within(event.id(), &message));
}

#[test]
fn an_event_without_data_does_not_keep_the_message_alive() {
    let without_data = TEXT.replace(r#","data":{"n":1}"#, "");
    let as_base64 = TEXT.replace(r#""data":{"n":1}"#, r#""data_base64":"AQI=""#);
    for text in [without_data, as_base64] {
        let message = Bytes::from(text);
        let event = Json.decode(message.clone()).unwrap();
        assert!(message.is_unique(), "{event:?}");
    }

    let message = Bytes::from(TEXT.to_owned());
    let mut event = Json.decode(message.clone()).unwrap();
    assert!(!message.is_unique());
    event.take_data();
    assert!(message.is_unique());
    assert_eq!((event.id(), event.source(), event.ty()), ("A-1", "/s", "t"));

    let mut event = Json.decode(message.clone()).unwrap();
    event.set_data(None, Data::binary("other")).unwrap();
    assert!(message.is_unique());
}
