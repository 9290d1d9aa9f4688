use eventkit::{Event, handles};

#[handles(type = "co.outcome.order.placed")]
fn audit(_event: &Event) {}

fn main() {}
