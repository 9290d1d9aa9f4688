//! The values that each extension accepts, and its errors for other values.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use eventkit::event::{Attribute, AttributeError, AttributeRef, AttributeValue};
use eventkit::extension::{
    AuthClaims, AuthId, AuthType, CausationId, CorrelationId, DataRef, ExpiryTime, Extension,
    PartitionKey, RecordedTime, SampledRate, Sequence, SequenceType, Severity, SeverityText,
    TraceParent, TraceState,
};

/// Asserts the accepted and refused texts of an extension, its name, and its error message.
#[track_caller]
fn assert_values<E>(name: &str, taken: &[&str], refused: &[&str], expected: &str)
where
    E: Extension + FromStr<Err = AttributeError> + Display + Debug + PartialEq,
{
    assert_eq!(E::NAME, name);
    for text in taken {
        let value: E = text.parse().unwrap();
        assert_eq!(value.to_string(), *text);
        assert_eq!(value.to_attribute().unwrap(), *text);
        assert_eq!(
            E::from_attribute(Some(AttributeRef::Text(text))).unwrap(),
            value
        );
    }
    for text in refused {
        let error = text.parse::<E>().unwrap_err();
        assert!(error.expected().contains(expected), "{error}");
    }
    let absent = E::from_attribute(None).unwrap_err();
    assert!(absent.expected().contains(expected), "{absent}");
    assert!(Option::<E>::from_attribute(None).unwrap().is_none());
}

#[test]
fn texts_must_not_be_empty() {
    assert_values::<PartitionKey>(
        "partitionkey",
        &["k", " é"],
        &[""],
        "a non-empty partition key",
    );
    assert_values::<Sequence>("sequence", &["0001", "b"], &[""], "a non-empty sequence");
    assert_values::<SequenceType>(
        "sequencetype",
        &["Integer"],
        &[""],
        "a non-empty sequence type",
    );
    assert_values::<SeverityText>(
        "severitytext",
        &["WARN"],
        &[""],
        "a non-empty severity text",
    );
    assert_values::<CorrelationId>("correlationid", &["t"], &[""], "a non-empty correlation id");
    assert_values::<CausationId>("causationid", &["t"], &[""], "a non-empty causation id");
}

#[test]
fn numbers() {
    let refused = ["0", "-1", "", "1.0", "+1", "2147483648"];
    assert_values::<SampledRate>(
        "sampledrate",
        &["1", "2147483647"],
        &refused,
        "greater than zero",
    );
    let refused = ["-1", "", "x"];
    assert_values::<Severity>(
        "severitynumber",
        &["0", "24", "100"],
        &refused,
        "not negative",
    );
    let rate = SampledRate::new(30).unwrap();
    assert!(matches!(
        rate.to_attribute(),
        Some(AttributeValue::Integer(30))
    ));
}

#[test]
fn times() {
    let taken = ["2026-01-31T09:30:00Z", "2026-01-31T09:30:00.5+01:00"];
    let refused = ["", "2026-01-31", "now"];
    assert_values::<ExpiryTime>("expirytime", &taken, &refused, "a Timestamp (RFC 3339)");
    assert_values::<RecordedTime>("recordedtime", &taken, &refused, "a Timestamp (RFC 3339)");

    let expiry: ExpiryTime = "2026-01-31T10:30:00+01:00".parse().unwrap();
    assert!(!expiry.is_expired("2026-01-31T09:29:59Z".parse().unwrap()));
    assert!(expiry.is_expired("2026-01-31T09:30:00Z".parse().unwrap()));
}

#[test]
fn references_and_auth_context() {
    let taken = ["https://example.com/data/1", "../data", ""];
    assert_values::<DataRef>("dataref", &taken, &["a b", "%", "é"], "a URI-reference");
    assert_values::<AuthId>("authid", &["", "u-7"], &[], "text");
    assert_values::<AuthClaims>(
        "authclaims",
        &["{}", r#"{"a":[1]}"#],
        &["", "{"],
        "a JSON text",
    );
    let types = [
        "app_user",
        "user",
        "service_account",
        "api_key",
        "system",
        "robot",
    ];
    assert_values::<AuthType>("authtype", &types, &[], "a type of principal");
    assert_eq!("api_key".parse::<AuthType>().unwrap(), AuthType::ApiKey);
}

#[test]
fn a_sequence_with_leading_zeros_is_parsed_as_an_integer() {
    let read = |text: &str| Sequence::new(text).unwrap().to_integer();
    assert_eq!(read("0000000042").unwrap(), 42);
    assert_eq!(read("-2147483648").unwrap(), i32::MIN);
    for wrong in ["2147483648", "+1", "a", "-", "1.0"] {
        assert!(
            read(wrong)
                .unwrap_err()
                .to_string()
                .contains("an Integer from")
        );
    }
}

#[test]
fn severities_have_the_levels_of_opentelemetry() {
    let level = |number: i32| Severity::new(number).unwrap().level();
    assert_eq!(level(0), None);
    assert_eq!((level(1), level(4)), (Some("TRACE"), Some("TRACE")));
    assert_eq!((level(5), level(8)), (Some("DEBUG"), Some("DEBUG")));
    assert_eq!((level(9), level(12)), (Some("INFO"), Some("INFO")));
    assert_eq!((level(13), level(16)), (Some("WARN"), Some("WARN")));
    assert_eq!((level(17), level(20)), (Some("ERROR"), Some("ERROR")));
    assert_eq!((level(21), level(24)), (Some("FATAL"), Some("FATAL")));
    assert_eq!(level(25), None);
    assert_eq!(*Severity::ERROR.get(), 17);
}

#[test]
fn tracing_extensions_have_the_names_of_their_headers() {
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    assert_values::<TraceParent>("traceparent", &[parent], &[""], "W3C Trace Context, 3.2");
    assert_values::<TraceState>("tracestate", &["a=1", ""], &["a"], "W3C Trace Context, 3.3");
}
