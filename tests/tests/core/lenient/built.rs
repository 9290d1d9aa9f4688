//! Events with attributes that the specification forbids, created by programs.

use eventkit::binding::http::{decode_lenient, encode_binary_lenient, encode_structured_lenient};
use eventkit::event::AttributeValue;
use eventkit::format::{Format, Json};
use eventkit::{Event, LenientEvent};
use eventkit_tests::message::{full, headers, json, minimal};

use super::violations;

#[test]
fn names_that_the_specification_forbids_are_sent_in_both_modes() {
    let event = LenientEvent::from(full())
        .with_attribute("tabular-id", 7)
        .with_attribute("cf_colo", "Zürich 8")
        .with_attribute("x-concordance-stream", true);
    let found = violations(&event);
    assert_eq!(
        found.iter().map(|found| found.0).collect::<Vec<_>>(),
        ["tabular-id", "cf_colo", "x-concordance-stream"]
    );

    let binary = encode_binary_lenient(&event).unwrap();
    assert_eq!(binary.headers["ce-tabular-id"], "7");
    assert_eq!(binary.headers["ce-cf_colo"], "Z%C3%BCrich%208");
    assert_eq!(binary.headers["ce-x-concordance-stream"], "true");
    let structured = encode_structured_lenient(&event, &Json).unwrap();
    let members: serde_json::Value = serde_json::from_slice(&structured.body).unwrap();
    assert_eq!(members["tabular-id"], 7);
    assert_eq!(members["x-concordance-stream"], true);

    for message in [binary, structured] {
        let received = decode_lenient(&message.headers, message.body).unwrap();
        assert_eq!(violations(&received), found);
        assert_eq!(received.attribute("cf_colo").as_deref(), Some("Zürich 8"));
        assert_eq!(received.attribute("subject"), event.attribute("subject"));
        assert_eq!(received.data(), full().data());
    }
}

#[test]
fn an_attribute_replaces_others_of_its_name() {
    let event = LenientEvent::from(minimal().extension("n", 1).build().unwrap());
    let wrong = event.with_attribute("n", "a\nb");
    assert_eq!(violations(&wrong).len(), 1);
    let event = wrong.with_attribute("n", 2);
    assert_eq!(event.violations(), []);
    let expected = minimal().extension("n", 2).build().unwrap();
    let event = Event::try_from(event).unwrap();
    assert_eq!(event, expected);
    assert_eq!(event.extension("n"), Some(&AttributeValue::Integer(2)));

    let twice = Json.decode_lenient(json(r#""n":"1","n":"2""#)).unwrap();
    let once = twice.with_attribute("n", "3");
    assert_eq!(once.violations(), []);
    assert_eq!(once.attribute("n").as_deref(), Some("3"));
}

#[test]
fn a_context_attribute_is_not_an_extension() {
    for name in ["id", "datacontenttype", "time", "data", "specversion"] {
        let event = LenientEvent::from(full()).with_attribute(name, "application/json");
        assert_eq!(violations(&event)[0].0, name);
        event.into_event().unwrap_err();
    }
}

#[test]
fn other_violations_remain() {
    let percent = headers(&[("ce-subject", "50%")]);
    let forbidden = headers(&[("ce-datacontenttype", "text/plain")]);
    let twice = headers(&[
        ("content-type", "text/plain"),
        ("content-type", "text/plain"),
    ]);
    for headers in [percent, forbidden, twice] {
        let event = decode_lenient(&headers, "hi".into()).unwrap();
        let before = event.violations().to_vec();
        assert!(!before.is_empty());
        let event = event.with_attribute("n", 1);
        assert_eq!(event.violations(), before);
        event.into_event().unwrap_err();
    }
    let text = json(r#""datacontenttype":"text/plain","data":[1]"#);
    let event = Json.decode_lenient(text).unwrap().with_attribute("n", 1);
    assert_eq!(violations(&event)[0].0, "data");
    event.into_event().unwrap_err();
}

#[test]
fn a_received_event_can_be_corrected_and_encoded_again() {
    let text = json(r#""list":[1],"data":[1]"#);
    let event = Json
        .decode_lenient(text)
        .unwrap()
        .with_attribute("list", "1");
    let expected = minimal().extension("list", "1").data_json(&[1]).unwrap();
    let expected = expected.build().unwrap();
    assert_eq!(Event::try_from(event.clone()).unwrap(), expected);
    assert_eq!(
        Json.encode_lenient(&event).unwrap(),
        Json.encode(&expected).unwrap()
    );
}
