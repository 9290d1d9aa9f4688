use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", filter = 3)]
fn ship(_event: &Event) {}

fn main() {}
