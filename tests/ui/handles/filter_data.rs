use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", filter = "data LIKE '%paid%'")]
fn ship(_event: &Event) {}

fn main() {}
