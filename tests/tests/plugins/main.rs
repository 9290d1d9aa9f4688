//! Discovery of handlers in other crates.
//!
//! Two plugins are dependencies, but this program refers to only one of them.

use eventkit::{Event, default_registry};
use eventkit_plugin_linked as _;

fn names() -> Vec<&'static str> {
    let mut names = Vec::new();
    default_registry()
        .handlers()
        .for_each(|handler| names.push(handler.name()));
    names
}

#[test]
fn a_crate_that_is_referred_to_contributes_its_handlers() {
    assert!(
        names().contains(&"eventkit_plugin_linked::plugged_in"),
        "{:?}",
        names()
    );
    default_registry()
        .expect([
            "eventkit_plugin_linked",
            "eventkit_plugin_linked::plugged_in",
        ])
        .unwrap();
    let event = Event::builder().source("/s").ty("t").build().unwrap();
    assert_eq!(eventkit::dispatch(&event).unwrap().len(), 1);
}

#[test]
fn an_expected_crate_that_is_not_linked_in_is_an_error() {
    assert!(
        !names().contains(&"eventkit_plugin_unlinked::plugged_in"),
        "the linker keeps it now; then this is moot"
    );
    let error = default_registry()
        .expect(["eventkit_plugin_unlinked"])
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "registry `default`: no handler `eventkit_plugin_unlinked` is linked into the \
         program: refer to its crate, for example with `use eventkit_plugin_unlinked as _;`, or add the handler with `handlers!`"
    );
}
