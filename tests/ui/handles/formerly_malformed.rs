use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", formerly(mail, "send.mail", 7))]
fn audit(_event: &Event) {}

fn main() {}
