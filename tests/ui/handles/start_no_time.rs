use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", start = "2026-02-30T09:30:00Z")]
fn audit(_event: &Event) {}

fn main() {}
