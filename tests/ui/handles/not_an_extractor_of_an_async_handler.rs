use eventkit::{Event, handles};

#[handles("*")]
async fn greet(_event: &Event, _customer: String) {}

fn main() {}
