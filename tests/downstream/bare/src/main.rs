//! The library without discovery: handlers are added explicitly, and everything else works.

#![forbid(unsafe_code)]
#![deny(warnings)]

use eventkit::{CloudEvent, Event, Registry, default_registry, handlers, handles};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.beat", source = "/clock")]
struct Beat {
    count: u8,
}

#[handles]
fn count(beat: &Beat) -> Result<(), String> {
    if beat.count == 7 {
        Ok(())
    } else {
        Err(format!("{} is not 7", beat.count))
    }
}

mod audit {
    use super::{Event, handles};

    #[handles("co.outcome.*")]
    pub(super) fn note(_event: &Event) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let beat = Beat { count: 7 };
    assert!(
        eventkit::dispatch(&beat)?.is_empty(),
        "nothing is found by itself"
    );

    static CLOCK: Registry = Registry::new("clock");
    CLOCK.add(handlers![count, audit::note]);
    assert_eq!(CLOCK.dispatch(&beat)?.len(), 2);
    assert_eq!(CLOCK.dispatch(&beat.to_event()?)?.len(), 2);

    default_registry().add(handlers![count]);
    assert_eq!(eventkit::dispatch(&beat)?.len(), 1);
    println!("works without discovery");
    Ok(())
}
