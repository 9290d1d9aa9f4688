use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", filter = "subject = LEFT(type)")]
fn ship(_event: &Event) {}

fn main() {}
