//! Events with attributes that the specification forbids, made by programs.

use eventkit::binding::http::{decode_lenient, encode_binary_lenient, encode_structured_lenient};
use eventkit::event::AttributeValue;
use eventkit::format::{Format, Json};
use eventkit::{Event, LenientEvent};
use eventkit_tests::message::{full, json, minimal};

use super::violations;

#[test]
fn names_that_consumers_want_arrive_in_both_modes() {
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
fn an_attribute_takes_the_place_of_one_of_its_name() {
    let event = LenientEvent::from(minimal().extension("n", 1).build().unwrap());
    let event = event.with_attribute("n", "").with_attribute("id", "");
    assert_eq!(violations(&event), [("id", Some(""), "core, id")]);
    assert_eq!(event.attributes().count(), 5);

    let event = event.with_attribute("id", "2").with_attribute("n", 2);
    assert_eq!(event.violations(), []);
    let expected = minimal().id("2").extension("n", 2).build().unwrap();
    let event = Event::try_from(event).unwrap();
    assert_eq!(event, expected);
    assert_eq!(event.extension("n"), Some(&AttributeValue::Integer(2)));
}

#[test]
fn what_came_wrong_can_be_mended_and_is_written_anew() {
    let text = json(r##""dataschema":"#","list":[1],"data":[1]"##);
    let event = Json.decode_lenient(text).unwrap();
    let event = event.with_attribute("dataschema", "https://example.com/");
    assert_eq!(event.violations().len(), 1);
    let event = event.with_attribute("list", "1");
    let expected = minimal()
        .data_schema("https://example.com/")
        .extension("list", "1");
    let expected = expected.data_json(&[1]).unwrap().build().unwrap();
    assert_eq!(Event::try_from(event.clone()).unwrap(), expected);
    assert_eq!(
        Json.encode_lenient(&event).unwrap(),
        Json.encode(&expected).unwrap()
    );
}
