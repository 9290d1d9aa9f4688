use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", filter = "LENGHT(subject) > 3")]
fn ship(_event: &Event) {}

fn main() {}
