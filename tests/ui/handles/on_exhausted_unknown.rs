use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", on_exhausted = "ignore")]
fn audit(_event: &Event) {}

fn main() {}
