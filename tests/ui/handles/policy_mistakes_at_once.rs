use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", name = "a--b", retry(attempts = -1, initial_delay = "soon"), timeout = "5d", concurrency = 2)]
fn audit(_event: &Event) {}

fn main() {}
