use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", retry(attempts = 0))]
fn audit(_event: &Event) {}

fn main() {}
