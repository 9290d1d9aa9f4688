//! The exchange of events with a library of another language, in both directions.

use std::fs;
use std::path::{Path, PathBuf};

use eventkit::Event;
use eventkit::format::Format;
use serde_json::{Value, json};

use super::peer::{Peer, describe, hex, unhex};

/// An event, and the description of its data in the format.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) event: Event,
    pub(crate) data: Value,
}

impl Case {
    fn description(&self) -> Value {
        describe(&self.event, &self.data)
    }
}

/// Asserts that the library reads what the format writes.
pub(crate) fn assert_others_read(format: &dyn Format, peer: &Peer, cases: &[Case]) {
    let encoded = cases.iter().map(|case| format.encode(&case.event).unwrap());
    let mut requests: Vec<Value> = encoded
        .map(|bytes| json!({ "read": hex(&bytes) }))
        .collect();
    let has_batches = format.batch_content_type().is_some();
    if has_batches {
        let events: Vec<Event> = cases.iter().map(|case| case.event.clone()).collect();
        let batch = hex(&format.encode_batch(&events).unwrap());
        requests.push(json!({ "read_batch": batch }));
    }

    let mut answers = peer.ask(&requests);
    let batch = has_batches.then(|| answers.pop().unwrap());
    for (case, answer) in cases.iter().zip(&answers) {
        assert_eq!(*answer, case.description(), "{}", case.name);
    }
    if let Some(batch) = batch {
        assert_eq!(batch, Value::from(answers));
    }
}

/// Asserts that the format reads what the library writes, and what it wrote when
/// `UPDATE_EXPECT=1` recorded it.
pub(crate) fn assert_ours_read(
    format: &dyn Format,
    peer: Option<&Peer>,
    cases: &[Case],
    vectors: &str,
) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("vectors/formats");
    let path = path.join(vectors);
    if let Some(peer) = peer {
        let written = written(format, peer, cases);
        if std::env::var_os("UPDATE_EXPECT").is_some() {
            fs::write(
                &path,
                serde_json::to_string_pretty(&written).unwrap() + "\n",
            )
            .unwrap();
        }
        assert_eq!(
            written,
            recorded(&path),
            "the library writes something else"
        );
    }
    let recorded = recorded(&path);
    let bytes = |name: &str| unhex(recorded[name].as_str().unwrap()).into();
    for case in cases {
        let event = format.decode(bytes(case.name));
        assert_same(&event.unwrap(), case);
    }
    if format.batch_content_type().is_none() {
        return;
    }
    let events = format.decode_batch(bytes("batch")).unwrap();
    assert_eq!(events.len(), cases.len());
    for (event, case) in events.iter().zip(cases) {
        assert_same(event, case);
    }
}

/// Returns the bytes of each event, and of the batch of all of them if there is one, by name.
fn written(format: &dyn Format, peer: &Peer, cases: &[Case]) -> Value {
    let descriptions: Vec<Value> = cases.iter().map(Case::description).collect();
    let mut requests: Vec<Value> = descriptions
        .iter()
        .map(|description| json!({ "write": description }))
        .collect();
    if format.batch_content_type().is_some() {
        requests.push(json!({ "write_batch": descriptions }));
    }
    let names = cases.iter().map(|case| case.name).chain(["batch"]);
    let answers = peer.ask(&requests);
    names.map(str::to_owned).zip(answers).collect()
}

fn recorded(path: &PathBuf) -> Value {
    let text = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&text).unwrap()
}

#[track_caller]
fn assert_same(event: &Event, case: &Case) {
    assert_eq!(*event, case.event, "{}", case.name);
    assert_eq!(
        describe(event, &case.data),
        case.description(),
        "{}",
        case.name
    );
    let kind = |event: &Event| event.data().map(eventkit::event::Data::kind);
    assert_eq!(kind(event), kind(&case.event), "{}", case.name);
}
