use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", retry(attemps = 5))]
fn audit(_event: &Event) {}

fn main() {}
