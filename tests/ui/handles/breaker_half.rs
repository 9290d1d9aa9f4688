use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", breaker(failures = 3))]
fn audit(_event: &Event) {}

fn main() {}
