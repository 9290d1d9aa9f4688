//! Event types and patterns, and the events that they select.

use eventkit::{Event, Registry, handles};

use super::{Log, OrderEvent, cancelled, placed};

#[test]
fn a_star_matches_one_segment_inside_and_the_rest_at_the_end() {
    let chosen = |pattern: &str, ty: &str| {
        let registry = Registry::new("pattern");
        registry.register(pattern, |_: &Event| ());
        let event = Event::builder().source("/s").ty(ty).build().unwrap();
        !registry.dispatch(&event).unwrap().is_empty()
    };
    for (pattern, ty) in [
        ("*", "t"),
        ("*", "a.b.c"),
        ("a.*", "a.b"),
        ("a.*", "a.b.c"),
        ("a.*.c", "a.b.c"),
        ("*.b", "a.b"),
        ("a.*.c.*", "a.b.c.d.e"),
        ("a.b", "a.b"),
        ("日本.*", "日本.東京"),
    ] {
        assert!(chosen(pattern, ty), "{pattern} {ty}");
    }
    for (pattern, ty) in [
        ("a.*", "a"),
        ("a.*", "a."),
        ("a.*", "ab.c"),
        ("a.*.c", "a.c"),
        ("a.*.c", "a..c"),
        ("a.*.c", "a.b.b.c"),
        ("*.b", "a.b.c"),
        ("a.b", "a.b.c"),
        ("a.b.c", "a.b"),
        ("a.b", "A.b"),
    ] {
        assert!(!chosen(pattern, ty), "{pattern} {ty}");
    }
}

static SUBSET: Registry = Registry::new("subset");
static LOG: Log = Log::new();

#[handles("co.outcome.order.cancelled", registry = SUBSET)]
fn one_of_the_enum(event: &OrderEvent) {
    LOG.note(format!("one {}", matches!(event, OrderEvent::Cancelled(_))));
}

#[handles("co.outcome.*", registry = SUBSET)]
fn all_of_the_enum(event: OrderEvent) {
    LOG.note(format!("all {}", matches!(event, OrderEvent::Cancelled(_))));
}

#[test]
fn a_handler_of_an_enum_can_name_some_of_its_types() {
    SUBSET.dispatch(&placed()).unwrap();
    assert_eq!(LOG.take(), ["all false"]);
    SUBSET.dispatch(&cancelled()).unwrap();
    assert_eq!(LOG.take(), ["one true", "all true"]);
    let other = Event::builder()
        .source("/s")
        .ty("co.outcome.other")
        .build()
        .unwrap();
    assert!(SUBSET.dispatch(&other).unwrap().is_empty());
}

#[test]
fn a_check_lists_types_of_envelope_handlers_without_a_rust_type() {
    let registry = Registry::new("orphans");
    registry.register("co.outcome.order.placd", |_: &Event| ());
    registry.register("co.outcome.order.placed", |_: &Event| ());
    registry.register("co.outcome.order.*", |_: &Event| ());
    registry.register("*", |_: &Event| ());
    let check = registry.check().unwrap();
    let orphans: Vec<&str> = check
        .unmatched_patterns()
        .iter()
        .map(|orphan| orphan.pattern.as_str())
        .collect();
    assert_eq!(orphans, ["co.outcome.order.placd"]);
}
