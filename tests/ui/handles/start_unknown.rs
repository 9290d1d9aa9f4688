use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", start = "newest")]
fn audit(_event: &Event) {}

fn main() {}
