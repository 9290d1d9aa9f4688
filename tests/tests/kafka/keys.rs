//! The key of a record (section 3.1).

use eventkit::binding::kafka::{decode, encode_binary, record_key, with_record_key};
use eventkit::event::AttributeValue;
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::assert_violations;

#[test]
fn the_key_is_the_text_of_the_partition_key() {
    for (value, key) in [
        (AttributeValue::from("c-7"), "c-7"),
        (AttributeValue::from("Zürich 100 %"), "Zürich 100 %"),
        (AttributeValue::from(7), "7"),
        (AttributeValue::from(vec![0_u8, 255]), "AP8="),
    ] {
        let event = minimal().extension("partitionkey", value).build().unwrap();
        assert_eq!(record_key(&event).as_deref(), Some(key));
        // The attribute is part of the event, whatever the key is.
        let message = encode_binary(&event).unwrap();
        assert_eq!(message.header("ce_partitionkey"), Some(key.as_bytes()));
        let decoded = decode(&message.headers, message.value).unwrap();
        assert_eq!(with_record_key(decoded, key.as_bytes()).unwrap(), event);
    }
    assert_eq!(record_key(&minimal().build().unwrap()), None);
}

#[test]
fn a_key_becomes_the_partition_key_of_an_event_without_one() {
    let event = minimal().build().unwrap();
    let keyed = with_record_key(event.clone(), "c-7 é".as_bytes()).unwrap();
    assert_eq!(record_key(&keyed).as_deref(), Some("c-7 é"));
    let again = with_record_key(keyed.clone(), b"another").unwrap();
    assert_eq!(again, keyed);
    assert_eq!(with_record_key(event.clone(), b"").unwrap(), event);
}

#[test]
fn a_key_that_no_attribute_can_contain_is_refused() {
    for (key, section) in [
        (&b"\xff"[..], "Kafka binding, 3.1"),
        (b"\0\0\0\x07", "core, Type System"),
    ] {
        let event = minimal().build().unwrap();
        let refused = with_record_key(event, key);
        assert_violations(refused, &[("partitionkey", section)]);
    }
}
