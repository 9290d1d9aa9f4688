//! The order of handlers.

use eventkit::{Event, Registry, handles};

use super::{Log, OrderPlaced, placed};

static ORDERED: Registry = Registry::new("ordered");
static LOG: Log = Log::new();

#[handles(registry = ORDERED, order = 10)]
fn last(_order: &OrderPlaced) {
    LOG.note("last");
}

#[handles(registry = ORDERED)]
fn by_line_one(_order: &OrderPlaced) {
    LOG.note("line one");
}

mod earlier_module {
    use super::{LOG, ORDERED, OrderPlaced, handles};

    #[handles(registry = ORDERED)]
    fn in_a_module(_order: &OrderPlaced) {
        LOG.note("module");
    }
}

#[handles("*", registry = ORDERED)]
fn by_line_two(_event: &Event) {
    LOG.note("line two");
}

#[handles(registry = ORDERED, order = -1)]
fn first(_order: &OrderPlaced) {
    LOG.note("first");
}

#[test]
fn order_then_module_then_line_then_registration() {
    ORDERED.register_typed(|_: &OrderPlaced| LOG.note("registered one"));
    ORDERED.register("*", |_: &Event| LOG.note("registered two"));
    ORDERED.dispatch(&placed()).unwrap();
    let expected = [
        "first",
        "line one",
        "line two",
        "module",
        "registered one",
        "registered two",
        "last",
    ];
    assert_eq!(LOG.take(), expected);

    let mut names = Vec::new();
    ORDERED
        .handlers()
        .for_each(|handler| names.push(handler.order()));
    assert_eq!(names, [-1, 0, 0, 0, 0, 0, 10]);
}
