//! Extensions as fields of events, in builders, and as parameters of handlers.

use std::sync::Mutex;

use eventkit::binding::http;
use eventkit::event::{Attribute, AttributeError, AttributeRef, AttributeValue};
use eventkit::extension::{
    ExpiryTime, Extension, PartitionKey, SampledRate, Severity, TraceParent, TraceState,
};
use eventkit::{CloudEvent, Event, Registry, handles};
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::{assert_violations, chain};
use serde::{Deserialize, Serialize};

const TRACE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.beat", source = "/clock")]
struct Beat {
    #[cloudevent(extension = "traceparent")]
    trace: Option<TraceParent>,
    #[cloudevent(extension = "partitionkey")]
    key: PartitionKey,
    count: u8,
}

fn beat() -> Beat {
    Beat {
        trace: Some(TRACE.parse().unwrap()),
        key: PartitionKey::new("k").unwrap(),
        count: 7,
    }
}

#[test]
fn a_field_of_an_event_is_encoded_and_decoded() {
    let event = beat().to_event().unwrap();
    assert_eq!(event.extension("traceparent").unwrap(), &TRACE);
    assert_eq!(event.extension("partitionkey").unwrap(), &"k");
    assert_eq!(event.data().unwrap().as_str(), Some(r#"{"count":7}"#));

    let message = http::encode_binary(&event).unwrap();
    assert_eq!(message.headers["ce-traceparent"], TRACE);
    let back: Beat = http::decode_as(&message.headers, message.body).unwrap();
    assert_eq!(back, beat());
}

#[test]
fn the_error_for_an_invalid_value_has_the_expectation() {
    let mut event = beat().to_event().unwrap();
    event.set_extension("partitionkey", "").unwrap();
    let error = Beat::try_from(&event).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`partitionkey` is \"\", expected a non-empty partition key"),
        "{error}"
    );
}

#[test]
fn a_builder_sets_each_extension_and_an_event_returns_it() {
    let expiry: ExpiryTime = "2026-01-31T09:30:00Z".parse().unwrap();
    let event = minimal()
        .typed_extension(&expiry)
        .typed_extension(&Severity::WARN)
        .build()
        .unwrap();
    assert_eq!(event.typed_extension().unwrap(), Some(expiry));
    assert_eq!(event.typed_extension().unwrap(), Some(Severity::WARN));
    assert_eq!(event.typed_extension::<TraceState>().unwrap(), None);
    assert!(matches!(
        event.extension("severitynumber"),
        Some(AttributeValue::Integer(13))
    ));

    let event = minimal().extension("severitynumber", "-1").build().unwrap();
    assert!(event.typed_extension::<Severity>().is_err());
}

struct Misnamed;

impl Attribute for Misnamed {
    fn to_attribute(&self) -> Option<AttributeValue> {
        Some(1.into())
    }

    fn from_attribute(_: Option<AttributeRef<'_>>) -> Result<Self, AttributeError> {
        Ok(Self)
    }
}

impl Extension for Misnamed {
    const NAME: &'static str = "Not-A-Name";
}

#[test]
fn the_name_of_a_custom_extension_is_checked() {
    let violations = [("Not-A-Name", "core, Naming Conventions")];
    assert_violations(minimal().typed_extension(&Misnamed).build(), &violations);
}

static EXTENSIONS: Registry = Registry::new("extensions");
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[handles("co.outcome.beat", registry = EXTENSIONS)]
fn note(beat: &Beat, trace: TraceParent, rate: Option<SampledRate>) {
    let rate = rate.map(SampledRate::into_inner);
    SEEN.lock()
        .unwrap()
        .push(format!("{} {trace} {rate:?}", beat.count));
}

#[test]
fn a_handler_takes_extensions_by_type() {
    let rate = SampledRate::new(30).unwrap();
    let event = beat()
        .event_builder()
        .unwrap()
        .typed_extension(&rate)
        .build()
        .unwrap();
    EXTENSIONS.dispatch(&beat()).unwrap();
    EXTENSIONS.dispatch(&event).unwrap();
    let seen = std::mem::take(&mut *SEEN.lock().unwrap());
    assert_eq!(
        seen,
        [format!("7 {TRACE} None"), format!("7 {TRACE} Some(30)")]
    );

    let with = |name: &str, value: &str| -> Event {
        let builder = event.to_builder().extension(name, value);
        builder.build().unwrap()
    };
    let mut without = event.clone();
    without.remove_extension("traceparent");
    for (wrong, why) in [
        (
            without,
            "attribute `traceparent` is missing, expected a traceparent, such as 00-",
        ),
        (
            with("sampledrate", "0"),
            "attribute `sampledrate` is \"0\", expected an Integer greater than zero",
        ),
    ] {
        let error = EXTENSIONS.dispatch(&wrong).unwrap_err();
        assert!(chain(&error).contains(why), "{}", chain(&error));
    }
}
