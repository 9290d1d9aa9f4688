use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", timeout = "9000h")]
fn audit(_event: &Event) {}

fn main() {}
