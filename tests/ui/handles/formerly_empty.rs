use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", formerly())]
fn audit(_event: &Event) {}

fn main() {}
