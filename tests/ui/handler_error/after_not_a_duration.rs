use std::fmt;

use eventkit::HandlerError;

#[derive(Debug, HandlerError)]
enum ShipError {
    #[retry(after = "soon")]
    Busy,
    #[retry(later = "5s")]
    Later,
    #[retry = "5s"]
    Assigned,
}

impl fmt::Display for ShipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not shipped")
    }
}

impl std::error::Error for ShipError {}

fn main() {}
