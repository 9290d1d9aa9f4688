use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", filter = "subject == 'eu-1'")]
fn audit(_event: &Event) {}

fn main() {}
