use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", retry = 5)]
fn audit(_event: &Event) {}

fn main() {}
