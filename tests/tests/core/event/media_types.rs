//! Media types: their parts, equality, and what they declare.

use eventkit::event::MediaType;
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::assert_violations;

fn parsed(text: &str) -> MediaType {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn the_parts_are_lower_case() {
    let svg = parsed("Image/SVG+XML; Charset=\"utf-8\"; q=\"a\\\"b\"");

    assert_eq!(svg.essence(), "image/svg+xml");
    assert_eq!((svg.ty(), svg.subtype()), ("image", "svg+xml"));
    assert_eq!(svg.suffix(), Some("xml"));
    assert_eq!(svg.parameter("charset").as_deref(), Some("utf-8"));
    assert_eq!(svg.parameter("Q").as_deref(), Some("a\"b"));
    assert_eq!(svg.parameter("other"), None);
    assert_eq!(parsed("text/plain").suffix(), None);
    assert_eq!(parsed("a/b+c+d").suffix(), Some("d"));
}

#[test]
fn display_is_the_original_text() {
    for text in [
        "Text/Plain;charset=\"UTF-8\" ; a=b",
        "a/b;",
        "a/b; c=d ;\t",
        "a/b; c=d;;",
    ] {
        assert_eq!(parsed(text).to_string(), text);
        let without_end = text.trim_end_matches([';', ' ', '\t']);
        assert_eq!(parsed(text), parsed(without_end));
    }
}

#[test]
fn the_grammar_is_that_of_content_type() {
    for text in [
        "a/b;charset=utf-8",
        "a/b\t;\tcharset=utf-8",
        "a/b;;charset=utf-8",
        "a/b ; ; charset=utf-8;",
        "a/b;\t;charset=\"utf\\-8\"; ;\t",
    ] {
        assert_eq!(parsed(text), parsed("a/b; charset=utf-8"), "{text:?}");
        assert_eq!(
            parsed(text).parameter("charset").as_deref(),
            Some("utf-8"),
            "{text:?}"
        );
    }
    let all = "!#$%&'*+-.^_`|~0aZ";
    let every = parsed(&format!(
        "a/b; {all}={all}; empty=\"\"; tab=\"\\\t;\"; last=1"
    ));
    assert_eq!(every.parameter(all).as_deref(), Some(all));
    assert_eq!(every.parameter("empty").as_deref(), Some(""));
    assert_eq!(every.parameter("tab").as_deref(), Some("\t;"));
    assert_eq!(every.parameter("last").as_deref(), Some("1"));
    assert_eq!(parsed("x-`|~/b").ty(), "x-`|~");
    assert_eq!(parsed("a/b+").suffix(), Some(""));
}

#[test]
fn names_are_compared_without_case_and_values_exactly() {
    assert_eq!(parsed("TEXT/Plain; A=b"), parsed("text/plain;a=b"));
    assert_eq!(parsed("a/b; c=d; e=f"), parsed("a/b; e=f; c=d"));
    assert_eq!(parsed("a/b; c=d"), parsed("a/b; c=\"d\""));
    assert_ne!(parsed("a/b; c=d"), parsed("a/b; c=D"));
    assert_ne!(parsed("a/b; c=d"), parsed("a/b"));
    assert_eq!(parsed("a/b; charset=UTF-8"), parsed("a/b; charset=utf-8"));
}

#[test]
fn json_is_declared_by_subtype_or_suffix_in_any_case() {
    for text in [
        "application/json",
        "APPLICATION/JSON",
        "text/json",
        "x/JSON",
        "application/vnd.order+json",
        "application/problem+Json",
        "application/json; charset=utf-16",
        "application/json ;v=1",
        "application/a+b+json",
    ] {
        assert!(parsed(text).is_json(), "{text}");
    }
    for text in [
        "application/jsonseq",
        "application/json-seq",
        "application/ndjson",
        "application/json5",
        "application/json+xml",
        "json/application",
        "text/plain; a=json",
        "text/plain; a=\"x/y+json\"",
    ] {
        assert!(!parsed(text).is_json(), "{text}");
    }
}

#[test]
fn text_is_a_textual_type_in_utf_8() {
    for text in [
        "text/plain",
        "text/csv; charset=UTF-8",
        "text/html; charset=us-ascii",
        "application/xml",
        "image/svg+xml",
    ] {
        assert!(parsed(text).is_text(), "{text}");
    }
    for text in [
        "text/plain; charset=iso-8859-1",
        "application/xml; charset=utf-16",
        "application/octet-stream",
        "application/xml-dtd",
    ] {
        assert!(!parsed(text).is_text(), "{text}");
    }
}

#[test]
fn malformed_media_types_are_refused() {
    for text in [
        "",
        "json",
        "/json",
        "application/",
        "application//json",
        " application/json",
        "text/*",
        "*/*",
        "a/b c",
        "a/b; c",
        "a/b; c=",
        "a/b; =d",
        "a/b; c=d, e/f",
        "a/b, c/d",
        "a/b; c=\"d",
        "a/b; c=\"d\ne\"",
        "a/b; c =d",
        "a/b; c= d",
        "a/b; c=d e=f",
        "a/b; c={d}",
        "a/b; c=\"d\"e",
        "a/b; c=\"d\\",
        "a/b; c=\"\\ä\"",
        "a/{b}",
        "a/b/c",
        "ä/b",
        "a/b; c=ä",
        "a/b; c=\"ä\"",
        "a/b\0",
    ] {
        assert!(MediaType::parse(text).is_err(), "{text:?}");
        assert_violations(
            minimal().data_content_type(text).build(),
            &[("datacontenttype", "core, datacontenttype")],
        );
    }
}

#[test]
fn a_control_character_is_refused() {
    for text in ["a/b; c=\"d\te\"", "a/b; c=\"\u{7f}\"", "a/b;\tc=d"] {
        assert_violations(
            minimal().data_content_type(text).build(),
            &[("datacontenttype", "core, datacontenttype")],
        );
    }
}

#[test]
fn a_content_type_can_be_set_without_data() {
    let event = minimal().data_content_type("text/plain").build().unwrap();

    assert_eq!(event.data_content_type(), Some("text/plain"));
    assert_eq!(event.data(), None);
}
