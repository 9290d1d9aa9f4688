use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", retry(initial_delay = "1m", max_delay = "30s"))]
fn audit(_event: &Event) {}

fn main() {}
