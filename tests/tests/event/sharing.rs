//! Events are cheap to clone and can go to other threads.

use eventkit::event::{
    AttributeValue, Data, Extensions, MediaType, Timestamp, Uri, UriReference, Violation,
};
use eventkit::{DecodeError, EncodeError, Event, EventBuilder, LenientEvent};
use eventkit_tests::message::minimal;

#[test]
fn everything_can_go_to_another_thread() {
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
fn a_change_to_a_clone_does_not_reach_the_original() {
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
