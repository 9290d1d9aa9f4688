//! Ids of outgoing events that stay the same each time a handler sends them for an event.
//!
//! An id is a version 5 UUID (RFC 9562, SHA-1) in the OID namespace. Its name is a list of fields,
//! each prefixed with its length as 8 bytes in big-endian order. So an id is the same in every
//! process and on every platform. It must also stay the same in later versions of this crate.

use std::borrow::Cow;

use uuid::Uuid;

use crate::event::json::sort_members;
use crate::event::{DataKind, Event};

/// The attributes that differ each time an event is created.
const VOLATILE: [&str; 4] = ["id", "time", "traceparent", "tracestate"];

/// The handled event and the handler that outgoing events are caused by.
#[derive(Debug, Clone, Copy)]
pub(super) struct CauseKey<'a> {
    pub(super) source: &'a str,
    pub(super) id: &'a str,
    pub(super) handler: &'a str,
}

impl CauseKey<'_> {
    /// Returns the id of an event by its content. `ordinal` is the number of equal events before
    /// it.
    pub(super) fn id_of_content(&self, content: Uuid, ordinal: usize) -> String {
        let ordinal = (ordinal as u64).to_be_bytes();
        self.id(&[b"content", content.as_bytes(), &ordinal])
    }

    /// Returns the id of an event by its key, which is unique among the events of its source and
    /// type.
    pub(super) fn id_of_key(&self, event: &Event, key: &str) -> String {
        let texts = ["key", event.source(), event.ty(), key];
        self.id(&texts.map(str::as_bytes))
    }

    fn id(&self, own: &[&[u8]]) -> String {
        let cause = [self.source, self.id, self.handler].map(str::as_bytes);
        digest(cause.iter().chain(own)).to_string()
    }
}

/// Returns the digest of an event without its id, time and trace context.
///
/// The members of JSON objects are sorted by name, because hash maps are written in a different
/// order each time.
pub(super) fn content(event: &Event) -> Uuid {
    let attributes = event.attributes();
    let mut fields: Vec<(&str, Cow<'_, [u8]>)> = attributes
        .filter(|(name, _)| !VOLATILE.contains(name))
        .map(|(name, value)| {
            let bytes = match value.into_text() {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => Cow::Owned(text.into_bytes()),
            };
            (name, bytes)
        })
        .collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    if let Some(data) = event.data() {
        let bytes = match (data.kind(), data.as_str()) {
            (DataKind::Json, Some(json)) => Cow::Owned(sort_members(json).into_bytes()),
            _ => Cow::Borrowed(&data.bytes()[..]),
        };
        // No attribute can be named `data`.
        fields.push(("data", bytes));
    }
    let fields = fields.iter();
    digest(fields.flat_map(|(name, bytes)| [name.as_bytes(), bytes]))
}

fn digest<B: AsRef<[u8]>>(fields: impl IntoIterator<Item = B>) -> Uuid {
    let mut name = Vec::new();
    for field in fields {
        let field = field.as_ref();
        name.extend((field.len() as u64).to_be_bytes());
        name.extend(field);
    }
    Uuid::new_v5(&Uuid::NAMESPACE_OID, &name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CAUSE: CauseKey<'_> = CauseKey {
        source: "/shop",
        id: "A-1",
        handler: "shop--ship",
    };

    fn event(json: &str) -> Event {
        let data = crate::event::Data::json(json.to_owned()).unwrap();
        let event = Event::builder().source("/shop").ty("shipped").data(data);
        event.extension("priority", 7).build().unwrap()
    }

    #[test]
    fn ids_stay_the_same_in_every_version() {
        let event = event(r#"{"order":"A-1"}"#);
        assert_eq!(
            CAUSE.id_of_content(content(&event), 0),
            "d369ccac-2f5b-522d-b305-aee48edf6297"
        );
        assert_eq!(
            CAUSE.id_of_key(&event, "receipt"),
            "db89a5aa-6f5f-5a8a-afd6-17b534981050"
        );
    }

    #[test]
    fn content_is_everything_but_id_time_and_the_order_of_members() {
        let first = event(r#"{"a":{"b":1,"c":[2,3]},"d":"x"}"#);
        let later = event(r#"{"d":"x","a":{"c":[2,3],"b":1}}"#);
        assert_ne!(first.id(), later.id());
        assert_eq!(content(&first), content(&later));

        let mut others = vec![
            first.clone(),
            event(r#"{"a":{"b":1,"c":[3,2]},"d":"x"}"#),
            event(r#"{"a":{"b":1},"c":[2,3],"d":"x"}"#),
        ];
        let mut changed = first.clone();
        changed.set_extension("priority", 8).unwrap();
        others.push(changed.clone());
        changed.remove_extension("priority");
        others.push(changed.clone());
        changed.set_subject(Some("priority")).unwrap();
        others.push(changed.clone());
        changed.set_ty("sent").unwrap();
        others.push(changed.clone());
        changed.take_data();
        others.push(changed);
        let mut contents: Vec<Uuid> = others.iter().map(content).collect();
        contents.sort_unstable();
        contents.dedup();
        assert_eq!(contents.len(), others.len());
    }
}
