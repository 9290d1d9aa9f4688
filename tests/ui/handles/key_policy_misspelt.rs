use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", retries(attempts = 5))]
fn audit(_event: &Event) {}

fn main() {}
