//! Floats in typed data, which are preserved exactly.

use bytes::Bytes;
use eventkit::binding::http;
use eventkit::format::{Format, Json};
use eventkit::{CloudEvent, Event};
use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.measured", source = "/s")]
struct Measured {
    double: f64,
    single: f32,
    #[serde(flatten)]
    rest: Rest,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Rest {
    doubles: Vec<f64>,
    singles: Option<(f32, f32)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.single", source = "/s")]
struct Single(f32);

/// The same data, decoded as a double.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.single", source = "/s")]
struct Double(f64);

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.text",
    source = "/s",
    datacontenttype = "text/plain"
)]
struct SingleText(f32);

#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(
    type = "co.outcome.text",
    source = "/s",
    datacontenttype = "text/plain"
)]
struct DoubleText(f64);

impl Measured {
    fn of(double: f64, single: f32) -> Self {
        let rest = Rest {
            doubles: vec![double, -double],
            singles: Some((single, -single)),
        };
        Self {
            double,
            single,
            rest,
        }
    }

    fn bits(&self) -> Vec<u64> {
        let doubles = [self.double].into_iter().chain(self.rest.doubles.clone());
        let (a, b) = self.rest.singles.unwrap();
        let singles = [self.single, a, b].map(|single| u64::from(single.to_bits()));
        doubles.map(f64::to_bits).chain(singles).collect()
    }
}

/// Decodes an event in every possible way.
fn read<T: CloudEvent>(event: &Event) -> Vec<T> {
    let structured = Json.encode(event).unwrap();
    let binary = http::encode_binary(event).unwrap();
    let batch = Json.encode_batch(std::slice::from_ref(event)).unwrap();
    let batched = Json.decode_batch(batch).unwrap();
    vec![
        T::from_event(event).unwrap(),
        T::from_event(&batched[0]).unwrap(),
        Json.decode_as(&structured).unwrap(),
        T::from_event(&Json.decode(structured).unwrap()).unwrap(),
        http::decode_as(&binary.headers, binary.body.clone()).unwrap(),
        T::from_event(&http::decode(&binary.headers, binary.body).unwrap()).unwrap(),
    ]
}

#[track_caller]
fn assert_exact(double: f64, single: f32) {
    let value = Measured::of(double, single);
    let event = value.to_event().unwrap();
    let written = Json.encode_typed(&value).unwrap();
    let mut all: Vec<Measured> = read(&event);
    all.push(Json.decode_as(&written).unwrap());
    all.push(event.data_as().unwrap());
    for read in all {
        assert_eq!(read.bits(), value.bits());
    }

    // The value that serde_json decodes from its own output, which is exact too.
    let reference = serde_json::to_string(&single).unwrap();
    let reference: f64 = reference.parse().unwrap();
    let event = Single(single).to_event().unwrap();
    for Single(read) in read(&event) {
        assert_eq!(read.to_bits(), single.to_bits());
    }
    for Double(read) in read(&event) {
        assert_eq!(read.to_bits(), reference.to_bits());
    }
    // Text is formatted as Rust does, which rounds a tie of two shortest forms differently than
    // JSON.
    let reference: f64 = single.to_string().parse().unwrap();
    let event = SingleText(single).to_event().unwrap();
    for SingleText(read) in read(&event) {
        assert_eq!(read.to_bits(), single.to_bits());
    }
    for DoubleText(read) in read(&event) {
        assert_eq!(read.to_bits(), reference.to_bits());
    }
    let event = DoubleText(double).to_event().unwrap();
    for DoubleText(read) in read(&event) {
        assert_eq!(read.to_bits(), double.to_bits());
    }
}

#[test]
fn known_floats_are_exact() {
    for double in [
        203.586_252_566_155_82,
        0.1,
        -0.0,
        5e-324,
        f64::MIN_POSITIVE,
        f64::MAX,
        1e23,
        9_007_199_254_740_993.0,
    ] {
        for single in [
            0.1,
            -0.0,
            1e-45,
            -430_184.63,
            f32::MIN_POSITIVE,
            f32::MAX,
            16_777_216.0,
        ] {
            assert_exact(double, single);
        }
    }
    let body = Bytes::from_static(
        br#"{"specversion":"1.0","id":"1","source":"/s","type":"t","data":203.58625256615582}"#,
    );
    let data: f64 = Json.decode(body).unwrap().data_as().unwrap();
    assert_eq!(data.to_bits(), 203.586_252_566_155_82_f64.to_bits());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_float_is_exact(double in any::<u64>(), single in any::<u32>()) {
        let (double, single) = (f64::from_bits(double), f32::from_bits(single));
        prop_assume!(double.is_finite() && single.is_finite());
        assert_exact(double, single);
    }
}
