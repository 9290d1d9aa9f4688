//! All handlers of an event share its value, regardless of the form they take it in.

use std::cell::{Cell, RefCell};

use eventkit::{CloudEvent, Event, Registry};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

thread_local! {
    static ENCODED: Cell<u32> = const { Cell::new(0) };
    static DECODED: Cell<u32> = const { Cell::new(0) };
    static SEEN: RefCell<Vec<Counted>> = const { RefCell::new(Vec::new()) };
}

/// A value that counts how often it is encoded and decoded. The token is not part of the data.
#[derive(Debug, Clone, PartialEq, CloudEvent)]
#[cloudevent(type = "co.outcome.shared", source = "/s")]
struct Counted {
    n: u8,
    token: bool,
}

impl Serialize for Counted {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ENCODED.set(ENCODED.get() + 1);
        serializer.serialize_u8(self.n)
    }
}

impl<'de> Deserialize<'de> for Counted {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DECODED.set(DECODED.get() + 1);
        let token = false;
        u8::deserialize(deserializer).map(|n| Self { n, token })
    }
}

#[derive(Debug, Clone, PartialEq, CloudEvent)]
enum One {
    Counted(Counted),
}

#[derive(Debug, Clone, PartialEq, CloudEvent)]
enum Boxed<T> {
    Other(T),
    Counted(Box<Counted>),
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.other", source = "/s")]
struct Other;

/// The form of the event that a handler takes.
#[derive(Debug, Clone, Copy)]
enum Takes {
    Borrowed,
    Owned,
    BorrowedEnum,
    OwnedEnum,
    BorrowedGenericEnum,
    OwnedGenericEnum,
    Envelope,
    OwnedEnvelope,
}

fn see(value: &Counted) {
    SEEN.with_borrow_mut(|seen| seen.push(value.clone()));
}

fn see_boxed(value: &Boxed<Other>) {
    if let Boxed::Counted(value) = value {
        see(value);
    }
}

fn register(registry: &Registry, takes: Takes) {
    let ready = || std::future::ready(());
    match takes {
        Takes::Borrowed => registry.register_typed(see),
        Takes::Owned => registry.register_typed_async(move |value: Counted| {
            see(&value);
            ready()
        }),
        Takes::BorrowedEnum => registry.register_typed(|One::Counted(value): &One| see(value)),
        Takes::OwnedEnum => registry.register_typed_async(move |One::Counted(value): One| {
            see(&value);
            ready()
        }),
        Takes::BorrowedGenericEnum => registry.register_typed(see_boxed),
        Takes::OwnedGenericEnum => registry.register_typed_async(move |value: Boxed<Other>| {
            see_boxed(&value);
            ready()
        }),
        Takes::Envelope => registry.register("co.outcome.shared", |_: &Event| ()),
        Takes::OwnedEnvelope => {
            registry.register_async("co.outcome.shared", move |_: Event| ready());
        }
    }
}

/// The form in which the event is dispatched.
#[derive(Debug, Clone, Copy)]
enum Dispatched {
    Value,
    Enum,
    GenericEnum,
    Envelope,
}

fn handlers() -> impl Strategy<Value = Vec<Takes>> {
    let takes = prop_oneof![
        Just(Takes::Borrowed),
        Just(Takes::Owned),
        Just(Takes::BorrowedEnum),
        Just(Takes::OwnedEnum),
        Just(Takes::BorrowedGenericEnum),
        Just(Takes::OwnedGenericEnum),
        Just(Takes::Envelope),
        Just(Takes::OwnedEnvelope),
    ];
    vec(takes, 1..8)
}

fn dispatched() -> impl Strategy<Value = Dispatched> {
    prop_oneof![
        Just(Dispatched::Value),
        Just(Dispatched::Enum),
        Just(Dispatched::GenericEnum),
        Just(Dispatched::Envelope),
    ]
}

fn dispatch(registry: &Registry, dispatched: Dispatched) -> usize {
    let value = Counted { n: 7, token: true };
    let envelope = value.to_event().unwrap();
    ENCODED.set(0);
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let runtime = builder.build().unwrap();
    let report = runtime.block_on(async {
        match dispatched {
            Dispatched::Value => registry.dispatch_async(&value).await,
            Dispatched::Enum => registry.dispatch_async(&One::Counted(value)).await,
            Dispatched::GenericEnum => {
                let value = Boxed::<Other>::Counted(Box::new(value));
                registry.dispatch_async(&value).await
            }
            Dispatched::Envelope => registry.dispatch_async(&envelope).await,
        }
    });
    report.unwrap().len()
}

proptest! {
    #[test]
    fn an_event_is_encoded_and_decoded_at_most_once(takes in handlers(), dispatched in dispatched()) {
        let registry = Registry::new("sharing");
        for takes in &takes {
            register(&registry, *takes);
        }
        DECODED.set(0);

        prop_assert_eq!(dispatch(&registry, dispatched), takes.len());

        let from_envelope = matches!(dispatched, Dispatched::Envelope);
        let typed = takes.iter().filter(|own| !matches!(own, Takes::Envelope | Takes::OwnedEnvelope));
        let expected = Counted { n: 7, token: !from_envelope };
        prop_assert_eq!(SEEN.take(), vec![expected; typed.clone().count()]);
        let envelopes = takes.len() > typed.clone().count();
        prop_assert_eq!(ENCODED.get(), u32::from(!from_envelope && envelopes));
        prop_assert_eq!(DECODED.get(), u32::from(from_envelope && typed.count() > 0));
    }
}
