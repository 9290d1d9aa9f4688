use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", filter = "subject LIKE 'eu-%' AN priority > 3")]
fn ship(_event: &Event) {}

fn main() {}
