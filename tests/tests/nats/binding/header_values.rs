//! Quoting and percent-encoding of header values (section 3.1.3.2).

use bytes::Bytes;
use eventkit::DecodeError;
use eventkit_nats::binding::{decode, encode_binary};
use eventkit_tests::header_value_tests;
use eventkit_tests::header_values::HeaderBinding;
use eventkit_tests::message::minimal;
use proptest::prelude::*;

use super::headers;

struct Nats;

impl HeaderBinding for Nats {
    const SECTION: &'static str = "NATS binding, 3.1.3.2";

    fn encoded(text: &str) -> String {
        let event = minimal().extension("x", text).build().unwrap();
        let message = encode_binary(&event).unwrap();
        message.header("ce-x").unwrap().to_owned()
    }

    fn received(value: &str) -> Result<String, DecodeError> {
        let event = decode(&headers(&[("ce-x", value)]), Bytes::new())?;
        Ok(event.extension("x").unwrap().to_text().into_owned())
    }
}

header_value_tests!(Nats);

#[test]
fn the_content_type_is_encoded_like_every_value() {
    let builder = minimal().data_text("x");
    let event = builder.data_content_type("text/plain; charset=utf-8");
    let event = event.build().unwrap();
    let message = encode_binary(&event).unwrap();

    let value = message.header("CE-DataContentType");
    assert_eq!(value, Some("text/plain;%20charset=utf-8"));
    assert_eq!(decode(&message.headers, message.body).unwrap(), event);
}

proptest! {
    #[test]
    fn any_text_round_trips(text in "\\PC{0,20}") {
        prop_assert_eq!(Nats::received(&Nats::encoded(&text)).unwrap(), text.clone());
        prop_assert!(Nats::encoded(&text).bytes().all(|byte| byte.is_ascii_graphic()));
    }
}
