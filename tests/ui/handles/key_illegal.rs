use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", key = "partition-key")]
fn audit(_event: &Event) {}

fn main() {}
