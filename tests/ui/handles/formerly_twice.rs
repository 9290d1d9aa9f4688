use eventkit::{Event, handles};

#[handles("co.outcome.order.placed", formerly("mail", "letter", "mail"))]
fn audit(_event: &Event) {}

fn main() {}
