use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", retry(first = "1m", max = "30s"))]
fn audit(_event: &Event) {}

fn main() {}
