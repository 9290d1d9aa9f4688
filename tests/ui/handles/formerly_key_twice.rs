use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", formerly = "mail", formerly = "letter")]
fn audit(_event: &Event) {}

fn main() {}
