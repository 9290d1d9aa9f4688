use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", timeout = "30")]
fn audit(_event: &Event) {}

fn main() {}
