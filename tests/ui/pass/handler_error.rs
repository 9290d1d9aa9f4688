//! The derive in every form, under strict lints.

#![deny(warnings, missing_docs, unreachable_pub, clippy::pedantic)]
#![forbid(unsafe_code)]

use std::fmt::{self, Debug};

use eventkit::{Decision, Event, HandlerError, Registry, handles};

#[derive(Debug, HandlerError)]
enum ShipError<T: Debug + Send + Sync + 'static> {
    #[retry]
    Busy,
    #[retry(after = "250ms")]
    Carrier(T),
    #[dead_letter]
    Address { line: String },
    #[drop]
    Moot,
}

impl<T: Debug + Send + Sync> fmt::Display for ShipError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

impl<T: Debug + Send + Sync> std::error::Error for ShipError<T> {}

#[derive(Debug, HandlerError)]
#[drop]
struct Moot;

impl fmt::Display for Moot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("moot")
    }
}

impl std::error::Error for Moot {}

#[derive(Debug, HandlerError)]
enum Never {}

impl fmt::Display for Never {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}

impl std::error::Error for Never {}

static SHIPPING: Registry = Registry::new("shipping");

#[handles("*", registry = SHIPPING, name = "ship", retry(attempts = 3), timeout = "30s", key = "subject")]
fn ship(event: &Event) -> Result<(), ShipError<u8>> {
    Err(match event.id() {
        "busy" => ShipError::Busy,
        "carrier" => ShipError::Carrier(7),
        "moot" => ShipError::Moot,
        line => ShipError::Address { line: line.to_owned() },
    })
}

#[handles("*", registry = SHIPPING)]
async fn unship(event: &Event) -> Result<(), Moot> {
    std::future::ready(()).await;
    if event.id().is_empty() { Ok(()) } else { Err(Moot) }
}

#[handles("*", registry = SHIPPING)]
fn never(_event: &Event) -> Result<(), Never> {
    Ok(())
}

fn main() {
    assert_eq!(Moot.decision(), Decision::Drop);
    assert_eq!(ShipError::<u8>::Moot.decision(), Decision::Drop);
    SHIPPING.handlers().for_each(|handler| assert!(handler.name().contains("ship") || handler.name().contains("never")));
}
