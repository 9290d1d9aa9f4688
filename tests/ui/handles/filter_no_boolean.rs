use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", filter = "LENGTH(subject)")]
fn ship(_event: &Event) {}

fn main() {}
