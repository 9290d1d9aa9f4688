use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", circuit_breaker(max_failures = 3))]
fn audit(_event: &Event) {}

fn main() {}
