//! The memory that hostile messages need before they are refused.

use std::time::Instant;

use bytes::Bytes;
use eventkit::binding::http::{decode, decode_as, decode_batch, with_limits};
use eventkit::format::{Format, Json};
use eventkit::{DecodeError, DecodeErrorKind, Event, Limits};
use eventkit_performance::allocations::{bytes, peak, start_peak};
use eventkit_tests::message::{content_type, headers, json};
use eventkit_tests::reading::Reading;
use serde_json::Value;

/// Calls a function, and returns its result with the maximum number of bytes allocated meanwhile.
pub(crate) fn measure<T>(what: &str, call: impl FnOnce() -> T) -> (T, usize) {
    let before = bytes();
    start_peak();
    let start = Instant::now();
    let result = call();
    let took = start.elapsed();
    let peak = usize::try_from(peak() - before).expect("the peak should not be below the start");
    println!("{what}: {peak} bytes at once, {took:?}");
    (result, peak)
}

#[track_caller]
pub(crate) fn assert_refused<T>(
    what: &str,
    limit: Option<&str>,
    most: usize,
    call: impl FnOnce() -> Result<T, DecodeError>,
) {
    let (result, peak) = measure(what, call);
    let error = result.err().expect("the message should be refused");
    match limit {
        Some(limit) => {
            assert_eq!(error.kind(), DecodeErrorKind::TooLarge, "{what}: {error:?}");
            let exceeded = error.exceeded().expect("the error should name the limit");
            assert_eq!(exceeded.limit(), limit, "{what}");
        }
        None => assert_ne!(error.kind(), DecodeErrorKind::TooLarge, "{what}"),
    }
    assert!(peak <= most, "{what}: {peak} bytes, at most {most}");
}

/// The maximum memory for refusing a message.
pub(crate) const REFUSAL: usize = 4 * 1024;

fn bodies() {
    let structured = content_type("application/cloudevents+json");
    let batch = content_type("application/cloudevents-batch+json");
    let binary = headers(&[("content-type", "application/json")]);
    let body = Bytes::from(vec![b'['; 100_000_000]);
    let refused = |what: &str, call: &dyn Fn() -> Result<(), DecodeError>| {
        assert_refused(what, Some("body_bytes"), REFUSAL, call);
    };
    refused("100 MB body, JSON", &|| Json.decode(body.clone()).map(drop));
    refused("100 MB body, JSON batch", &|| {
        Json.decode_batch(body.clone()).map(drop)
    });
    refused("100 MB body, HTTP structured", &|| {
        decode(&structured, body.clone()).map(drop)
    });
    refused("100 MB body, HTTP batch", &|| {
        decode_batch(&batch, body.clone()).map(drop)
    });
    refused("100 MB body, HTTP binary", &|| {
        decode(&binary, body.clone()).map(drop)
    });
    refused("100 MB body, HTTP typed", &|| {
        decode_as::<Reading<Value>>(&binary, body.clone()).map(drop)
    });
}

fn many_headers() {
    let mut headers = headers(&[]);
    // A map holds about 24,000 names. The values of one name have a limit of their own.
    let mut taken = headers.len();
    for n in 0..1_000_000_u32 {
        let name = http::HeaderName::try_from(format!("ce-x{}", n % 20_000)).unwrap();
        match headers.try_append(name, http::HeaderValue::from(n)) {
            Ok(_) => taken += 1,
            Err(_) => break,
        }
    }
    println!("headers in the map: {taken}");
    assert!(taken >= 20_000);
    assert_refused("headers", Some("headers"), REFUSAL, || {
        decode(&headers, Bytes::new())
    });
    // Without a limit of headers, the limit of attributes applies.
    let limits = Limits::UNLIMITED.attributes(Limits::DEFAULT.attributes);
    assert_refused(
        "headers, by attributes",
        Some("attributes"),
        128 * 1024,
        || with_limits(limits).decode(&headers, Bytes::new()),
    );
}

fn many_members() {
    let members: Vec<String> = (0..500_000).map(|n| format!(r#""x{n}":"é\n""#)).collect();
    let event = json(&members.join(","));
    assert_refused("500,000 attributes", Some("attributes"), 128 * 1024, || {
        Json.decode(event.clone())
    });
    assert_refused(
        "500,000 attributes, typed",
        Some("attributes"),
        128 * 1024,
        || Json.decode_as::<Reading<Value>>(&event),
    );
    let wrong = Bytes::from(format!("{{{}}}", vec![r#""N_":1.5"#; 200].join(",")));
    assert_refused("200 wrong attributes", None, 256 * 1024, || {
        Json.decode(wrong)
    });
}

fn deep() {
    for depth in [10_000, 1_000_000] {
        let nested = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        let event = json(&format!(r#""data":{nested}"#));
        let binary = headers(&[("content-type", "application/json")]);
        // serde_json keeps a bit or a byte for each skipped level.
        let most = REFUSAL + 4 * depth;
        assert_refused(
            &format!("{depth} deep, JSON"),
            Some("json_depth"),
            most,
            || Json.decode(event.clone()),
        );
        assert_refused(
            &format!("{depth} deep, typed"),
            Some("json_depth"),
            most,
            || Json.decode_as::<Reading<Value>>(&event),
        );
        let body = Bytes::from(nested);
        assert_refused(
            &format!("{depth} deep, HTTP binary"),
            Some("json_depth"),
            most,
            || decode(&binary, body.clone()),
        );
    }
}

fn long_batches() {
    let event = String::from_utf8(json("").to_vec()).unwrap();
    let batch = Bytes::from(format!("[{}]", vec![event; 1_000_000].join(",")));
    println!("1,000,000 events are {} bytes", batch.len());
    assert_refused("1,000,000 events", Some("body_bytes"), REFUSAL, || {
        Json.decode_batch(batch.clone())
    });
    // Without a limit of the body, the limit of events applies: at most 10,000 events are kept.
    let (events, held) = measure("10,000 events", || -> Vec<Event> {
        let text = format!(
            "[{}]",
            vec![r#"{"specversion":"1.0","id":"1","source":"/s","type":"t"}"#; 10_000].join(",")
        );
        Json.decode_batch(text.into()).unwrap()
    });
    drop(events);
    let json = Json.with_limits(Limits::DEFAULT.body_bytes(usize::MAX));
    assert_refused(
        "1,000,000 events, any body",
        Some("batch_events"),
        held,
        || json.decode_batch(batch.clone()),
    );
    // The first of the empty elements ends decoding.
    let batch = Bytes::from(format!("[{}]", vec!["{}"; 1_000_000].join(",")));
    assert_refused("1,000,000 wrong events", None, REFUSAL, || {
        Json.decode_batch(batch)
    });
}

/// The memory of an event is proportional to its bytes, whatever they are.
fn in_proportion() {
    for size in [1_000, 100_000, 1_000_000] {
        for data in ["a".repeat(size), "\\n".repeat(size / 2)] {
            for media_type in ["application/json", "text/plain"] {
                let event = json(&format!(
                    r#""datacontenttype":"{media_type}","data":"{data}""#
                ));
                let what = format!("{size} bytes of {media_type}");
                let (decoded, peak) = measure(&what, || Json.decode(event.clone()));
                drop(decoded.unwrap());
                assert!(peak <= 3 * event.len() + REFUSAL, "{what}: {peak}");
            }
        }
    }
}

#[test]
fn hostile_messages_are_refused_with_bounded_memory() {
    bodies();
    many_headers();
    many_members();
    deep();
    long_batches();
    in_proportion();
    // The next message is accepted.
    assert!(Json.decode(json("")).is_ok());
}
