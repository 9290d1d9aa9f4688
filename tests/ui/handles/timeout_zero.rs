use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", timeout = "0s")]
fn audit(_event: &Event) {}

fn main() {}
