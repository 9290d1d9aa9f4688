//! Events in serde formats, in the form of the JSON event format.

use std::collections::BTreeMap;

use eventkit::event::{AttributeValue, Data};
use eventkit::format::{Format, Json};
use eventkit::{Event, Limits};
use eventkit_tests::message::{full, minimal};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, PartialEq, Serialize, Deserialize)]
struct Page {
    next: Option<u64>,
    events: Vec<Event>,
    last: Option<Event>,
}

fn over_json<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_str(&serde_json::to_string(value).unwrap()).unwrap()
}

fn over_value<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_json::from_value(serde_json::to_value(value).unwrap()).unwrap()
}

fn over_message_pack<T: Serialize + DeserializeOwned>(value: &T) -> T {
    rmp_serde::from_slice(&rmp_serde::to_vec(value).unwrap()).unwrap()
}

fn over_yaml<T: Serialize + DeserializeOwned>(value: &T) -> T {
    serde_yaml_ng::from_str(&serde_yaml_ng::to_string(value).unwrap()).unwrap()
}

/// Returns events with each kind of data and attribute.
fn events() -> Vec<Event> {
    let data = r#"{"a":[1,-2,0.5,1e+300,18446744073709551615],"b":{"":null,"é\n":[true,{}]}}"#;
    let texts = ["", "\u{0}\"\\\u{10ffff}", "null"];
    let mut events = vec![
        minimal().build().unwrap(),
        full(),
        minimal().data_json(&json!(null)).unwrap().build().unwrap(),
        minimal().data_bytes(&[0, 255]).build().unwrap(),
        minimal()
            .data(Data::json(data).unwrap())
            .extension("flag", true)
            .extension("number", i32::MIN)
            .extension("text", "7")
            .build()
            .unwrap(),
    ];
    events.extend(texts.map(|text| minimal().data_text(text).build().unwrap()));
    events
}

#[test]
fn an_event_in_a_struct_round_trips_in_every_format() {
    let events = events();
    let last = events.last().cloned();
    let page = Page {
        next: Some(7),
        events,
        last,
    };
    assert_eq!(over_json(&page), page);
    assert_eq!(over_value(&page), page);
    assert_eq!(over_message_pack(&page), page);
    assert_eq!(over_yaml(&page), page);
}

#[test]
fn the_text_is_that_of_the_json_event_format() {
    let unsorted = Data::json(r#"{"b":1,"a":2}"#).unwrap();
    let unsorted = minimal().data(unsorted).build().unwrap();
    for event in events().into_iter().chain([unsorted]) {
        let text = Json.encode(&event).unwrap();
        assert_eq!(serde_json::to_vec(&event).unwrap(), text);
        assert_eq!(serde_json::from_slice::<Event>(&text).unwrap(), event);
    }
    let value = serde_json::to_value(full()).unwrap();
    assert_eq!(value["specversion"], "1.0");
}

#[test]
fn attributes_keep_their_types() {
    let event = over_message_pack(&events()[4]);
    let values = ["flag", "number", "text"].map(|name| event.extension(name).unwrap().clone());
    assert!(matches!(
        values,
        [
            AttributeValue::Boolean(true),
            AttributeValue::Integer(i32::MIN),
            AttributeValue::String(_)
        ]
    ));
}

#[test]
fn a_tagged_enum_and_a_flattened_field_can_contain_events() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(tag = "kind")]
    enum Record {
        Stored { event: Event },
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Row {
        position: u64,
        #[serde(flatten)]
        record: Record,
    }

    for event in events() {
        let record = Record::Stored { event };
        let row = Row {
            position: 7,
            record,
        };
        assert_eq!(over_json(&row), row);
        assert_eq!(over_value(&row), row);
    }
}

#[test]
fn events_that_the_decoder_refuses_are_refused_with_its_message() {
    let of = |text: &str| serde_json::from_str::<Event>(text).unwrap_err().to_string();
    for (text, part) in [
        (
            r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","n":1.5}"#,
            "`n`",
        ),
        ("{}", "specversion"),
        (r#"{"specversion":"0.3"}"#, "0.3"),
        ("[]", "object"),
        ("7", "object"),
        (
            r#"{"id":"1","id":"2","specversion":"1.0","source":"/s","type":"t"}"#,
            "id",
        ),
    ] {
        assert!(of(text).contains(part), "{text}: {}", of(text));
    }
}

#[test]
fn member_names_must_be_strings() {
    let map = [(1, "1.0")];
    let bytes = rmp_serde::to_vec(&BTreeMap::from(map)).unwrap();
    let error = rmp_serde::from_slice::<Event>(&bytes).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("a string as the name of a member"),
        "{error}"
    );
}

#[test]
fn the_limits_of_the_decoder_apply() {
    let deep = |levels: usize| {
        let data = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        minimal().data(Data::json(data).unwrap()).build().unwrap()
    };
    assert_eq!(over_message_pack(&deep(127)), deep(127));
    let error = serde_json::to_value(deep(128)).unwrap_err();
    assert!(error.to_string().contains("nested too deep"), "{error}");
    serde_json::to_string(&deep(100_000)).unwrap_err();

    let mut value = serde_json::to_value(deep(1)).unwrap();
    for _ in 0..200 {
        value["data"] = json!([value["data"].take()]);
    }
    let error = serde_json::from_value::<Event>(value).unwrap_err();
    assert!(error.to_string().contains("nested too deep"), "{error}");

    let mut value = serde_json::to_value(full()).unwrap();
    value["subject"] = "s".repeat(Limits::DEFAULT.attribute_bytes + 1).into();
    let error = serde_json::from_value::<Event>(value).unwrap_err();
    assert!(error.to_string().contains("attribute_bytes"), "{error}");
}

#[test]
fn a_number_that_would_lose_precision_is_refused() {
    for number in [
        "18446744073709551616",
        "-9223372036854775809",
        "1e400",
        "-1e400",
    ] {
        let data = Data::json(format!("[{number}]")).unwrap();
        let event = minimal().data(data).build().unwrap();
        let error = serde_json::to_string(&event).unwrap_err();
        assert!(error.to_string().contains(number), "{error}");
    }
    for number in ["-0", "-9223372036854775808", "1.0", "-0.0"] {
        let data = Data::json(number).unwrap();
        let event = minimal().data(data).build().unwrap();
        let value = serde_json::to_value(&event).unwrap();
        assert_eq!(
            value["data"],
            serde_json::from_str::<Value>(number).unwrap()
        );
    }
}

#[derive(Serialize)]
struct Written<D> {
    specversion: &'static str,
    id: &'static str,
    source: &'static str,
    r#type: &'static str,
    data: D,
}

fn written<D: Serialize>(data: D) -> Vec<u8> {
    let (specversion, id, source, r#type) = ("1.0", "1", "/s", "t");
    let event = Written {
        specversion,
        id,
        source,
        r#type,
        data,
    };
    rmp_serde::to_vec_named(&event).unwrap()
}

#[test]
fn a_number_that_json_cannot_represent_is_refused() {
    for number in [f64::NAN, f64::INFINITY] {
        let error = rmp_serde::from_slice::<Event>(&written(number)).unwrap_err();
        assert!(error.to_string().contains("a number of JSON"), "{error}");
    }
    let read: Event = rmp_serde::from_slice(&written(0.5)).unwrap();
    assert_eq!(read, minimal().data_json(&0.5).unwrap().build().unwrap());
}

/// If any crate of a program enables the feature `arbitrary_precision`, `serde_json` passes each
/// number as a map.
#[test]
fn a_number_with_arbitrary_precision_is_a_number() {
    let read = |text: &str| {
        let number = BTreeMap::from([("$serde_json::private::Number", text.to_owned())]);
        rmp_serde::from_slice::<Event>(&written(vec![number]))
    };
    for text in ["7", "-18446744073709551616", "1.10", "1e400"] {
        let expected = Data::json(format!("[{text}]")).unwrap();
        assert_eq!(read(text).unwrap().data(), Some(&expected));
    }
    for text in ["", "-", "true", "[1]", "1,2", "\"7\""] {
        let error = read(text).unwrap_err();
        assert!(error.to_string().contains("a number of JSON"), "{error}");
    }
}
