use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

const PLACED: &str = "";

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = PLACED, source = "/s")]
struct OrderPlaced {
    total: u32,
}

fn main() {}
