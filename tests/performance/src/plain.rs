//! The cases of `serde_json` alone, without any checks of events.

use std::borrow::Cow;

use chrono::{SecondsFormat, Utc};
use eventkit::CloudEvent;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::case::Case;
use crate::messages::{self, structured};

/// An envelope with its data, written by hand.
#[derive(Debug, Serialize, Deserialize)]
struct Envelope<'a, T> {
    #[serde(borrow)]
    specversion: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    source: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    ty: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<&'a str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    datacontenttype: Option<&'a str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    dataschema: Option<&'a str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<&'a str>,
    data: T,
}

/// Returns all cases.
#[must_use]
pub fn all() -> Vec<Case> {
    let mut cases = of("small", messages::reading());
    cases.extend(of("order", messages::order()));
    cases.extend(of("large", messages::large()));
    cases.extend(of("escaped", messages::text()));
    cases
}

fn of<T>(size: &str, value: T) -> Vec<Case>
where
    T: CloudEvent + Serialize + DeserializeOwned + Clone,
{
    let event = messages::event(&value);
    let data = event.data().unwrap().bytes().clone();
    let body = structured(&event);
    let name = |what: &str| format!("{what}, {size}");
    let own = value.clone();
    vec![
        Case::new(name("structured to typed"), move || {
            let text = std::str::from_utf8(&body).unwrap();
            serde_json::from_str::<Envelope<'_, T>>(text).unwrap().data
        }),
        Case::new(name("typed to structured"), move || {
            let envelope = Envelope {
                specversion: "1.0".into(),
                id: uuid::Uuid::new_v4().to_string().into(),
                source: "/shop/orders".into(),
                ty: T::TYPES[0].into(),
                subject: None,
                time: Some(&Utc::now().to_rfc3339_opts(SecondsFormat::Micros, true)),
                datacontenttype: Some("application/json"),
                dataschema: event.data_schema(),
                traceparent: None,
                data: &value,
            };
            serde_json::to_vec(&envelope).unwrap()
        }),
        Case::new(name("data to typed"), move || {
            let text = std::str::from_utf8(&data).unwrap();
            serde_json::from_str::<T>(text).unwrap()
        }),
        Case::new(name("typed to data"), move || {
            serde_json::to_vec(&own).unwrap()
        }),
    ]
}
