use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", filter = "order_id = '7'")]
fn ship(_event: &Event) {}

fn main() {}
