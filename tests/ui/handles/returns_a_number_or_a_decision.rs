use std::fmt;

use eventkit::{CloudEvent, HandlerError, handles};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
struct OrderPlaced {
    order_id: String,
}

#[derive(Debug, HandlerError)]
#[dead_letter]
struct ShipError;

impl fmt::Display for ShipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not shipped")
    }
}

impl std::error::Error for ShipError {}

#[handles]
fn ship(_order: &OrderPlaced) -> Result<u32, ShipError> {
    Ok(1)
}

fn main() {}
