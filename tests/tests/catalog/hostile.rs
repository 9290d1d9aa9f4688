//! Names and texts that try to leave their place in a document.

use eventkit::filter::Filter;
use eventkit::{CloudEvent, Event, Registry};
use eventkit_catalog::{Catalog, Server};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Documentation </script><script>window.hacked = 1</script> "quoted" `code <b>`
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema, CloudEvent)]
#[cloudevent(
    type = "</script><img src=x onerror=window.hacked=1>'\"`/../%2F ü",
    source = "/shop'onload=(hacked)"
)]
pub(crate) struct Hostile {
    /// <img src=x onerror="window.hacked=1">
    #[serde(rename = "</textarea><script>window.hacked=1</script>")]
    field: String,
    nested: Nested,
}

#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "A/B~C <x>")]
struct Nested {
    again: Option<Box<Nested>>,
}

static HOSTILE: Registry = Registry::new("<b>hostile</b>");

pub(crate) fn catalog() -> Catalog {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        let filter =
            Filter::exact([("subject", "</script><script>window.hacked=1</script>")]).unwrap();
        HOSTILE
            .with_filter(filter)
            .name("hostile")
            .register(Hostile::TYPE, |_: &Event| {});
        HOSTILE.register("end\nstyle </style>", |_: &Event| {});
    });
    Catalog::of(&HOSTILE)
        .title("</title><script>window.hacked=1</script>")
        .version("\"><script>window.hacked=1</script>")
        .description("<script>window.hacked=1</script>\n\n`<script>`")
        .server(Server::new("a/b c", "example.com", "https"))
        .events::<Hostile>()
        .build()
        .unwrap()
}
