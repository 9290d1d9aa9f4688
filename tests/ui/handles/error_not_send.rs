use eventkit::{CloudEvent, handles};
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/s", priority = 1)]
struct OrderPlaced {
    total: u32,
}

use std::error::Error;

#[handles]
async fn ship(_order: &OrderPlaced) -> Result<(), Box<dyn Error>> {
    Ok(())
}

fn main() {}
