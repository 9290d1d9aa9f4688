//! URIs, URI-references, and the attributes that contain them.

use eventkit::event::{Uri, UriReference};
use eventkit_tests::message::minimal;
use eventkit_tests::refusal::assert_violations;

#[test]
fn a_source_is_any_non_empty_uri_reference() {
    for source in [
        "https://github.com/cloudevents",
        "mailto:someone@example.com",
        "urn:uuid:6e8bc430-9c3a-11d9-9669-0800200c9a66",
        "/sensors/tn-1234567/alerts",
        "1-555-123-4567",
        "?q",
        "#f",
        "//host/path",
        "a%20b",
    ] {
        assert_eq!(minimal().source(source).build().unwrap().source(), source);
    }
    for source in [
        "", "a b", "a%2", "a%zz", "http://[", "ä", "a\"b", "1:a", "\\a", "a\n",
    ] {
        assert_violations(
            minimal().source(source).build(),
            &[("source", "core, source")],
        );
    }
}

#[test]
fn a_schema_must_be_an_absolute_uri_without_a_fragment() {
    for uri in ["https://example.com/s?v=1", "urn:s", "a:"] {
        let event = minimal().data_schema(uri).build().unwrap();
        assert_eq!(event.data_schema(), Some(uri));
    }
    for uri in [
        "",
        "/s",
        "s",
        "//host/s",
        "https://example.com/s#f",
        "a b:c",
        "ä:b",
    ] {
        assert_violations(
            minimal().data_schema(uri).build(),
            &[("dataschema", "core, dataschema")],
        );
    }
}

#[test]
fn uris_are_kept_unchanged() {
    let text = "HTTPS://Example.com:443/a/../b%7e";

    assert_eq!(Uri::new(text).unwrap().as_str(), text);
    assert_eq!(text.parse::<UriReference>().unwrap().to_string(), text);
    assert_ne!(
        Uri::new(text).unwrap(),
        Uri::new(text.to_lowercase()).unwrap()
    );
}

#[test]
fn the_error_for_a_malformed_uri_has_the_expectation() {
    let error = Uri::new("/relative").unwrap_err();

    assert_eq!(error.value(), Some("/relative"));
    assert_eq!(
        error.expected(),
        "an absolute URI without a fragment (RFC 3986, section 4.3)"
    );
}
