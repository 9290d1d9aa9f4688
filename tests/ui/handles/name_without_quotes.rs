use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", name = receipt)]
fn audit(_event: &Event) {}

fn main() {}
