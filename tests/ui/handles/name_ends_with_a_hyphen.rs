use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", name = "audit-")]
fn audit(_event: &Event) {}

fn main() {}
