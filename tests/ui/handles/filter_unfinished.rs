use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", filter = "subject LIKE 'eu-%' AND")]
fn ship(_event: &Event) {}

fn main() {}
