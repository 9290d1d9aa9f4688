use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", exhausted = "ignore")]
fn audit(_event: &Event) {}

fn main() {}
