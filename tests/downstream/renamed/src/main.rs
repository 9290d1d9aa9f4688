//! The library under the package name `outcome-eventkit`. Its name in code and the default path of
//! the macros are unchanged.

#![forbid(unsafe_code)]
#![deny(warnings)]

use eventkit::{BoxError, CloudEvent, Dispatcher, HandlerError, default_registry, handles};
use eventkit_service::Service;
use eventkit_service::testing::TestService;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.beat", source = "/clock")]
struct Beat {
    count: u8,
}

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.echo", source = "/clock")]
struct Echo {
    count: u8,
}

#[derive(Debug, CloudEvent)]
enum ClockEvent {
    Beat(Beat),
    Echo(Echo),
}

#[derive(Debug, HandlerError)]
#[dead_letter]
struct Silent;

impl std::fmt::Display for Silent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no echo")
    }
}

impl std::error::Error for Silent {}

#[handles("co.outcome.beat", filter = "source = '/clock'")]
async fn echo(beat: Beat) -> Result<Echo, Silent> {
    match beat.count {
        0 => Err(Silent),
        count => Ok(Echo { count }),
    }
}

#[handles]
fn note(event: &ClockEvent) {
    match event {
        ClockEvent::Beat(beat) => println!("beat {}", beat.count),
        ClockEvent::Echo(echo) => println!("echo {}", echo.count),
    }
}

fn main() -> Result<(), BoxError> {
    let app = Dispatcher::new(default_registry()).build()?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    runtime.block_on(async {
        let service = TestService::start(Service::new("clock", &app))?;
        service.publish(&Beat { count: 7 }).await?;
        service.publish(&Beat { count: 0 }).await?;
        service.settled().await;
        assert_eq!(service.published::<Echo>()?, [Echo { count: 7 }]);
        assert_eq!(service.dead_letters().await?.len(), 1);
        println!("works as outcome-eventkit");
        Ok(())
    })
}
