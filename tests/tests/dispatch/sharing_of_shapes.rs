//! All handlers of an event share its value, regardless of the shape of its type.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::future::{Ready, ready};

use eventkit::extract::{Id, Subject};
use eventkit::filter::Filter;
use eventkit::{BoxError, CloudEvent, Context, Event, Extract, Outgoing, Registry, Report};
use proptest::collection::vec;
use proptest::prelude::*;
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

thread_local! {
    static ENCODED: Cell<u32> = const { Cell::new(0) };
    static DECODED: Cell<u32> = const { Cell::new(0) };
    static SEEN: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

/// A value that counts how often it is encoded and decoded.
#[derive(Debug, Clone, Default, PartialEq)]
struct Probe(u8);

impl Serialize for Probe {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ENCODED.set(ENCODED.get() + 1);
        serializer.serialize_u8(self.0)
    }
}

impl<'de> Deserialize<'de> for Probe {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        DECODED.set(DECODED.get() + 1);
        u8::deserialize(deserializer).map(Self)
    }
}

/// A probe that is encoded as bytes of any media type.
#[derive(Debug, Clone, PartialEq)]
struct Blob(Vec<u8>);

impl Serialize for Blob {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ENCODED.set(ENCODED.get() + 1);
        serializer.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Blob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;

        impl Visitor<'_> for Bytes {
            type Value = Blob;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("bytes")
            }

            fn visit_bytes<E: de::Error>(self, bytes: &[u8]) -> Result<Blob, E> {
                Ok(Blob(bytes.to_owned()))
            }
        }

        DECODED.set(DECODED.get() + 1);
        deserializer.deserialize_byte_buf(Bytes)
    }
}

/// An event type of a certain shape, with one probe as its data.
trait Shape: CloudEvent + Clone + fmt::Debug {
    /// Whether there is data to encode and decode.
    const HAS_DATA: bool = true;

    fn make(n: u8) -> Self;
}

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "shape.whole", source = "/s")]
struct Whole {
    probe: Probe,
    #[serde(skip)]
    #[expect(dead_code, reason = "values are compared by their `Debug` form")]
    token: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "shape.newtype", source = "/s")]
struct Newtype(Probe);

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "shape.attributes", source = "/s", priority = 7)]
#[serde(rename_all = "camelCase", default)]
struct Attributes {
    #[cloudevent(subject)]
    of: String,
    #[cloudevent(extension)]
    region: Option<i32>,
    the_probe: Probe,
    #[serde(skip)]
    token: bool,
}

impl Default for Attributes {
    fn default() -> Self {
        Self::make(0)
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "shape.kept")]
struct Kept {
    #[cloudevent(id, keep)]
    id: String,
    #[cloudevent(source)]
    source: String,
    probe: Probe,
}

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "shape.computed", source = Self::source, subject = Self::subject)]
struct Computed {
    probe: Probe,
}

impl Computed {
    fn source(&self) -> String {
        format!("/s/{}", self.probe.0)
    }

    fn subject(&self) -> Option<&'static str> {
        self.probe.0.is_multiple_of(2).then_some("even")
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "shape.binary", source = "/s", datacontenttype = "image/png")]
struct Binary(Blob);

#[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "shape.empty", source = "/s")]
struct Empty {
    #[cloudevent(extension)]
    number: u8,
}

impl Shape for Whole {
    fn make(n: u8) -> Self {
        let (probe, token) = (Probe(n), true);
        Self { probe, token }
    }
}

impl Shape for Newtype {
    fn make(n: u8) -> Self {
        Self(Probe(n))
    }
}

impl Shape for Attributes {
    fn make(n: u8) -> Self {
        Self {
            of: format!("of {n}"),
            region: (n > 100).then_some(i32::from(n)),
            the_probe: Probe(n),
            token: true,
        }
    }
}

impl Shape for Kept {
    fn make(n: u8) -> Self {
        Self {
            id: n.to_string(),
            source: format!("/{n}"),
            probe: Probe(n),
        }
    }
}

impl Shape for Computed {
    fn make(n: u8) -> Self {
        let probe = Probe(n);
        Self { probe }
    }
}

impl Shape for Binary {
    fn make(n: u8) -> Self {
        Self(Blob(vec![n; usize::from(n)]))
    }
}

impl Shape for Empty {
    const HAS_DATA: bool = false;

    fn make(number: u8) -> Self {
        Self { number }
    }
}

#[derive(Debug, Clone, CloudEvent)]
enum Set<T> {
    Shape(T),
    #[cloudevent(other)]
    Other(Event),
}

#[derive(Debug, Clone, CloudEvent)]
enum Boxed<T> {
    Unit(Unit),
    Shape(Box<T>),
}

#[derive(Debug, Clone, CloudEvent)]
#[cloudevent(type = "shape.unit", source = "/s")]
struct Unit;

/// The form of the event that a handler takes.
#[derive(Debug, Clone, Copy)]
enum Takes {
    Borrowed,
    Owned,
    BorrowedSet,
    OwnedSet,
    BorrowedBoxed,
    OwnedBoxed,
    WithAttributes,
    Sends,
    Filtered,
    Envelope,
    OwnedEnvelope,
}

impl Takes {
    fn any() -> impl Strategy<Value = Self> {
        prop_oneof![
            Just(Self::Borrowed),
            Just(Self::Owned),
            Just(Self::BorrowedSet),
            Just(Self::OwnedSet),
            Just(Self::BorrowedBoxed),
            Just(Self::OwnedBoxed),
            Just(Self::WithAttributes),
            Just(Self::Sends),
            Just(Self::Filtered),
            Just(Self::Envelope),
            Just(Self::OwnedEnvelope),
        ]
    }

    fn is_typed(self) -> bool {
        !matches!(self, Self::Envelope | Self::OwnedEnvelope)
    }

    fn needs_envelope(self) -> bool {
        !self.is_typed() || matches!(self, Self::WithAttributes)
    }
}

fn see(value: &impl fmt::Debug) {
    SEEN.with_borrow_mut(|seen| seen.push(format!("{value:?}")));
}

fn see_owned(value: impl fmt::Debug) -> Ready<()> {
    see(&value);
    ready(())
}

fn see_set<T: fmt::Debug>(value: &Set<T>) {
    match value {
        Set::Shape(value) => see(value),
        Set::Other(event) => panic!("{event} should be of a known type"),
    }
}

fn see_boxed<T: fmt::Debug>(value: &Boxed<T>) {
    match value {
        Boxed::Shape(value) => see(value),
        Boxed::Unit(unit) => panic!("{unit:?} should be of another type"),
    }
}

fn register<T: Shape>(registry: &Registry, takes: Takes) {
    match takes {
        Takes::Borrowed => registry.register_typed(|value: &T| see(value)),
        Takes::Owned => registry.register_typed_async(|value: T| see_owned(value)),
        Takes::BorrowedSet => registry.register_typed(|value: &Set<T>| see_set(value)),
        Takes::OwnedSet => registry.register_typed_async(|value: Set<T>| {
            see_set(&value);
            ready(())
        }),
        Takes::BorrowedBoxed => registry.register_typed(|value: &Boxed<T>| see_boxed(value)),
        Takes::OwnedBoxed => registry.register_typed_async(|value: Boxed<T>| {
            see_boxed(&value);
            ready(())
        }),
        Takes::WithAttributes => {
            registry.register_typed(|value: &T, context: OwnContext| {
                assert!(!context.0.is_empty());
                see(value);
            });
        }
        Takes::Sends => registry.register_typed(|value: &T, outgoing: Outgoing<Unit>| {
            outgoing.send(&Unit).unwrap();
            see(value);
        }),
        Takes::Filtered => {
            let filter = Filter::sql("type LIKE 'shape.%' AND source LIKE '/%'").unwrap();
            let filtered = registry.with_filter(filter);
            filtered.register_typed(|value: &T| see(value));
        }
        Takes::Envelope => registry.register(T::TYPES[0], |_: &Event| ()),
        Takes::OwnedEnvelope => registry.register_async("shape.*", |_: Event| ready(())),
    }
}

/// An extractor that reads the envelope.
struct OwnContext(String);

impl<'a> Extract<'a> for OwnContext {
    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        let Id(id) = Id::extract(context)?;
        let subject = Option::<Subject<'_>>::extract(context)?;
        Ok(Self(format!("{id} {subject:?}")))
    }
}

/// The form in which the event is dispatched.
#[derive(Debug, Clone, Copy)]
enum Dispatched {
    Value,
    Set,
    Boxed,
    Envelope,
}

fn dispatch<T: Shape>(registry: &Registry, dispatched: Dispatched, value: &T) -> Report {
    let envelope = value.to_event().unwrap();
    ENCODED.set(0);
    DECODED.set(0);
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let report = runtime.unwrap().block_on(async {
        match dispatched {
            Dispatched::Value => registry.dispatch_async(value).await,
            Dispatched::Set => registry.dispatch_async(&Set::Shape(value.clone())).await,
            Dispatched::Boxed => {
                let value = Boxed::Shape(Box::new(value.clone()));
                registry.dispatch_async(&value).await
            }
            Dispatched::Envelope => registry.dispatch_async(&envelope).await,
        }
    });
    report.unwrap()
}

fn check<T: Shape>(takes: &[Takes], dispatched: Dispatched, n: u8) -> Result<(), TestCaseError> {
    let registry = Registry::new("sharing of shapes");
    for takes in takes {
        register::<T>(&registry, *takes);
    }
    let value = T::make(n);
    let from_envelope = matches!(dispatched, Dispatched::Envelope);
    let expected = if from_envelope {
        T::from_event(&value.to_event().unwrap()).unwrap()
    } else {
        value.clone()
    };
    let report = dispatch(&registry, dispatched, &value);

    prop_assert_eq!(report.len(), takes.len());
    let typed = takes.iter().filter(|own| own.is_typed()).count();
    prop_assert_eq!(SEEN.take(), vec![format!("{expected:?}"); typed]);
    let needs_envelope = takes.iter().any(|own| own.needs_envelope());
    let once = |is_needed: bool| u32::from(T::HAS_DATA && is_needed);
    prop_assert_eq!(ENCODED.get(), once(!from_envelope && needs_envelope));
    prop_assert_eq!(DECODED.get(), once(from_envelope && typed > 0));
    let sends = takes.iter().filter(|own| matches!(own, Takes::Sends));
    prop_assert_eq!(report.events().len(), sends.count());
    Ok(())
}

type Check = fn(&[Takes], Dispatched, u8) -> Result<(), TestCaseError>;

fn shapes() -> impl Strategy<Value = Check> {
    prop_oneof![
        Just(check::<Whole> as Check),
        Just(check::<Newtype> as Check),
        Just(check::<Attributes> as Check),
        Just(check::<Kept> as Check),
        Just(check::<Computed> as Check),
        Just(check::<Binary> as Check),
        Just(check::<Empty> as Check),
    ]
}

fn dispatched() -> impl Strategy<Value = Dispatched> {
    prop_oneof![
        Just(Dispatched::Value),
        Just(Dispatched::Set),
        Just(Dispatched::Boxed),
        Just(Dispatched::Envelope),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn an_event_of_any_shape_is_encoded_and_decoded_at_most_once(
        check in shapes(),
        takes in vec(Takes::any(), 1..8),
        dispatched in dispatched(),
        n in any::<u8>(),
    ) {
        check(&takes, dispatched, n)?;
    }
}
