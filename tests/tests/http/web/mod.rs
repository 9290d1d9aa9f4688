//! The features `axum`, `actix` and `reqwest`, over real connections.

mod actix_server;
mod axum_server;
mod receiving;
mod serving;

use eventkit::{BoxError, CloudEvent, Event, Registry, handles};
use serde::{Deserialize, Serialize};

/// The maximum size of a request body, in bytes.
const LIMIT: usize = 64 * 1024;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.beat", source = "/clock")]
struct Beat {
    count: u8,
}

impl Beat {
    fn next(&self) -> Self {
        let count = self.count + 1;
        Self { count }
    }
}

/// An event type without a source, which cannot be encoded.
#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.sourceless")]
struct Sourceless;

static BEATS: Registry = Registry::new("beats");

#[handles(registry = BEATS)]
fn count(beat: &Beat) -> Result<(), BoxError> {
    match beat.count {
        0 => Err("no beat".into()),
        _ => Ok(()),
    }
}

/// Runs each test with a server of axum and with one of actix-web.
macro_rules! on_each_server {
    ($($test:ident)*) => {
        mod on_axum {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(crate::web::axum_server::serve().await).await;
                }
            )*
        }

        mod on_actix {
            $(
                #[tokio::test]
                async fn $test() {
                    super::$test(crate::web::actix_server::serve()).await;
                }
            )*
        }
    };
}

use on_each_server;

fn event() -> Event {
    let builder = Event::builder()
        .id("ä 1")
        .source("/clock")
        .ty("co.outcome.beat")
        .subject("100% \"sure\"")
        .without_time()
        .extension("n", 7);
    let builder = builder.data_json(&Beat { count: 1 }).unwrap();
    builder.build().unwrap()
}
