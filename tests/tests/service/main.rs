//! Handlers as a service, on the transport in memory and in paused time.

mod memory;

use eventkit::Event;

/// Makes an event of a type; the id tells it from others.
fn event(ty: &str, id: impl Into<String>) -> Event {
    let event = Event::builder().source("/tests").ty(ty).id(id).build();
    event.expect("it is valid")
}

#[test]
fn no_file_of_the_suite_is_forgotten() {
    eventkit_tests::suite::assert_whole(file!());
}
