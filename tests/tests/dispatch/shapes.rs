//! The forms a handler may be written in.

#![deny(warnings)]

use eventkit::{Registry, handles};

use super::{Log, OrderPlaced, placed};

static SHAPES: Registry = Registry::new("shapes");
static LOG: Log = Log::new();

macro_rules! handler {
    ($name:ident, $event:ty) => {
        #[handles(registry = SHAPES)]
        fn $name(_event: &$event) {
            LOG.note(stringify!($name));
        }
    };
}

handler!(from_a_macro, OrderPlaced);
handler!(from_the_same_macro, OrderPlaced);

#[handles(registry = SHAPES)]
fn r#match(OrderPlaced { order_id, .. }: &OrderPlaced) {
    LOG.note(format!("raw {order_id}"));
}

#[handles(registry = SHAPES)]
#[cfg(any())]
fn configured_out(_event: &NotThere) {}

#[handles(registry = SHAPES)]
#[inline]
pub(super) fn with_attributes(
    #[allow(unused)] order: &super::OrderPlaced,
) -> Result<(), std::fmt::Error> {
    LOG.note("attributes");
    Ok(())
}

#[test]
fn every_form_is_found() {
    #[handles("co.outcome.order.placed", registry = SHAPES)]
    fn inside_a_function(mut order: OrderPlaced) {
        order.order_id.push('!');
        LOG.note(order.order_id);
    }

    SHAPES.dispatch(&placed()).unwrap();
    let mut lines = LOG.take();
    lines.sort();
    assert_eq!(
        lines,
        [
            "A-1!",
            "attributes",
            "from_a_macro",
            "from_the_same_macro",
            "raw A-1"
        ]
    );
}
