use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", name = "send.receipt")]
fn audit(_event: &Event) {}

fn main() {}
