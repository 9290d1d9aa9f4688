use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", concurrency = 0)]
fn audit(_event: &Event) {}

fn main() {}
