//! The distributed tracing extension, in the format of W3C Trace Context.

use eventkit::extension::{TraceParent, TraceState};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const SPAN: &str = "b7ad6b7169203331";

fn parent(text: &str) -> Option<TraceParent> {
    text.parse().ok()
}

#[test]
fn a_trace_parent_has_four_fields_of_fixed_length() {
    let read = parent(&format!("00-{TRACE}-{SPAN}-01")).unwrap();
    assert_eq!(read.trace_id(), u128::from_str_radix(TRACE, 16).unwrap());
    assert_eq!(read.parent_id(), u64::from_str_radix(SPAN, 16).unwrap());
    assert_eq!((read.flags(), read.is_sampled()), (1, true));
    assert!(
        !parent(&format!("00-{TRACE}-{SPAN}-02"))
            .unwrap()
            .is_sampled()
    );

    let upper = format!("00-{TRACE}-{SPAN}-01").to_uppercase();
    for wrong in [
        upper,
        format!("00-{TRACE}-{SPAN}"),
        format!("00-{TRACE}-{SPAN}-"),
        format!("00-{TRACE}-{SPAN}-1"),
        format!("00-{TRACE}-{SPAN}-001"),
        format!("0-{TRACE}-{SPAN}-01"),
        format!("00-{}-{SPAN}-01", &TRACE[1..]),
        format!("00-0{TRACE}-{SPAN}-01"),
        format!("00-{TRACE}-{}-01", &SPAN[1..]),
        format!("00-{TRACE}-+{}-01", &SPAN[1..]),
        format!("00-{TRACE}-{SPAN}-0g"),
        format!(" 00-{TRACE}-{SPAN}-01"),
        format!("00-{TRACE}-{SPAN}-01-"),
        format!("00-{TRACE}-{SPAN}-01-x"),
        format!("ff-{TRACE}-{SPAN}-01"),
        format!("00-{}-{SPAN}-01", "0".repeat(32)),
        format!("00-{TRACE}-{}-01", "0".repeat(16)),
        format!("00-{}-{SPAN}-01", "é".repeat(16)),
    ] {
        assert_eq!(parent(&wrong), None, "{wrong}");
    }
}

#[test]
fn the_known_fields_of_a_later_version_are_read() {
    for later in [
        format!("01-{TRACE}-{SPAN}-01"),
        format!("cc-{TRACE}-{SPAN}-01-what-ever"),
    ] {
        let read = parent(&later).unwrap();
        assert_eq!(read.to_string(), format!("00-{TRACE}-{SPAN}-01"));
    }
    assert_eq!(parent(&format!("cc-{TRACE}-{SPAN}-01.more")), None);
}

#[test]
fn a_trace_parent_must_have_non_zero_ids() {
    assert!(TraceParent::new(1, 1, 0).is_ok());
    let error = TraceParent::new(0, 1, 0).unwrap_err();
    assert!(error.to_string().contains("such as 00-"), "{error}");
    assert!(TraceParent::new(1, 0, 0).is_err());
}

#[test]
fn a_trace_state_is_a_list_of_members() {
    let state: TraceState = "a=1,\tb-*/_9@x=2 3 ,, 0t@s=\"!\"".parse().unwrap();
    let members: Vec<(&str, &str)> = state.iter().collect();
    assert_eq!(
        members,
        [("a", "1"), ("b-*/_9@x", "2 3"), ("0t@s", "\"!\"")]
    );
    assert_eq!(state.get("b-*/_9@x"), Some("2 3"));
    assert_eq!(state.get("b"), None);
}

#[test]
fn a_malformed_trace_state_is_refused() {
    let long_key = "a".repeat(257);
    let many: Vec<String> = (0..33).map(|n| format!("a{n}=1")).collect();
    for wrong in [
        "a",
        "a=",
        "=1",
        "A=1",
        "1=1",
        "a=1,a=2",
        "a=b=c",
        "a b=1",
        "a@1=1",
        "@a=1",
        "a@=1",
        "a@b@c=1",
        "a=é",
        "a=\u{7f}",
        &format!("{long_key}=1"),
        &format!("a={long_key}"),
        &format!("{}@a=1", &long_key[..242]),
        &format!("a@{}=1", &long_key[..15]),
        &many.join(","),
    ] {
        assert!(wrong.parse::<TraceState>().is_err(), "{wrong}");
    }
    for right in [
        format!("{}=1", &long_key[..256]),
        format!("a={}", &long_key[..256]),
        format!("{}@{}=1", &long_key[..241], &long_key[..14]),
        many[..32].join(","),
    ] {
        assert!(right.parse::<TraceState>().is_ok(), "{right}");
    }
}
