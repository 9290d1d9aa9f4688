use eventkit::{Event, handles};

fn order_of(event: &Event) -> &str {
    event.id()
}

#[handles("co.outcome.order.placed", key = order_of)]
fn audit(_event: &Event) {}

fn main() {}
