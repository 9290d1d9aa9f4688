//! The emissions of handlers are known before they run.

use eventkit::{
    BoxError, CloudEvent, Context, Event, Extract, HandlerRef, Outgoing, Registry, handles,
};
use serde::{Deserialize, Serialize};

macro_rules! events {
    ($($name:ident $ty:literal;)*) => {$(
        #[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
        #[cloudevent(type = $ty, source = "/shop")]
        struct $name;
    )*};
}

events! {
    Placed "emitted.placed";
    Paid "emitted.paid";
    Shipped "emitted.shipped";
    Refunded "emitted.refunded";
}

#[derive(Debug, CloudEvent)]
enum ShopEvent {
    Paid(Paid),
    Shipped(Box<Shipped>),
}

#[derive(Debug, CloudEvent)]
enum AnyShopEvent {
    Paid(Paid),
    #[cloudevent(other)]
    Other(Event),
}

/// An extractor around another one.
struct Shop(Outgoing<ShopEvent>);

impl<'a> Extract<'a> for Shop {
    const EMITS: &'static [&'static str] = ShopEvent::TYPES;

    fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
        Outgoing::extract(context).map(Self)
    }
}

static ALL: Registry = Registry::new("emissions");

mod all {
    use super::*;

    type Returned<'e> = Result<Option<Refunded>, &'e str>;

    #[handles(registry = ALL)]
    fn a_nothing(_: &Placed) -> Result<(), BoxError> {
        Ok(())
    }

    #[handles(registry = ALL)]
    async fn b_returned_and_sent(_: &Placed, outgoing: Outgoing<ShopEvent>) -> Vec<Shipped> {
        outgoing.send(&Paid).unwrap();
        Vec::new()
    }

    #[handles(registry = ALL)]
    fn c_alias(_: &Placed) -> Returned<'_> {
        Ok(None)
    }

    #[handles(registry = ALL)]
    fn d_any(_: &Placed, _: Outgoing) -> Option<Refunded> {
        None
    }

    #[handles(registry = ALL, emits(ShopEvent, "emitted.elsewhere", Refunded))]
    fn e_by_hand(_: &Placed, _: Outgoing) -> Option<Event> {
        None
    }

    #[handles(registry = ALL, emits(Refunded))]
    fn f_by_hand_beside(_: &Placed) -> Paid {
        Paid
    }

    #[handles("*", registry = ALL)]
    fn g_extractor(_: &Event, Shop(shop): Shop) {
        shop.send(&Shipped).unwrap();
    }

    #[handles(registry = ALL)]
    fn i_enum_of_all(_: &Placed, outgoing: Outgoing<AnyShopEvent>) {
        let other = AnyShopEvent::Other(Shipped.to_event().unwrap());
        outgoing.send(&other).unwrap();
        outgoing.send(&AnyShopEvent::Paid(Paid)).unwrap();
        outgoing.send(&Paid).unwrap();
    }

    #[handles(registry = ALL)]
    fn j_enum_of_all_returned(_: &Placed) -> Option<AnyShopEvent> {
        None
    }

    #[handles(registry = ALL)]
    fn h_enum(_: &Placed) -> Result<ShopEvent, std::io::Error> {
        Ok(ShopEvent::Shipped(Box::new(Shipped)))
    }
}

fn emits(handler: &HandlerRef) -> (&str, String) {
    let name = handler.name().rsplit("::").next().unwrap_or_default();
    (name, handler.emits().collect::<Vec<_>>().join(" "))
}

#[test]
fn emissions_follow_from_the_signature_and_declarations() {
    let handlers: Vec<HandlerRef> = ALL.handlers().collect();
    let emitted: Vec<(&str, String)> = handlers.iter().map(emits).collect();
    let expected = [
        ("a_nothing", ""),
        ("b_returned_and_sent", "emitted.shipped emitted.paid"),
        ("c_alias", "emitted.refunded"),
        ("d_any", "emitted.refunded *"),
        (
            "e_by_hand",
            "emitted.paid emitted.shipped emitted.elsewhere emitted.refunded",
        ),
        ("f_by_hand_beside", "emitted.paid emitted.refunded"),
        ("g_extractor", "emitted.paid emitted.shipped"),
        ("i_enum_of_all", "*"),
        ("j_enum_of_all_returned", "*"),
        ("h_enum", "emitted.paid emitted.shipped"),
    ];
    let expected = expected.map(|(name, types)| (name, types.to_owned()));
    assert_eq!(emitted, expected);
}

#[test]
fn closures_emit_their_return_type_and_declarations() {
    let registry = Registry::new("emissions of closures");
    registry.register_typed(|_: &Placed| Some(Paid));
    let declared = registry.with_name("declared").emits::<ShopEvent>();
    declared
        .emits::<Refunded>()
        .register_async("*", |event: Event| async { event });
    let handlers: Vec<HandlerRef> = registry.handlers().collect();
    let types: Vec<String> = handlers.iter().map(|handler| emits(handler).1).collect();
    assert_eq!(
        types,
        [
            "emitted.paid",
            "emitted.paid emitted.shipped emitted.refunded"
        ]
    );
}

#[test]
fn a_check_finds_events_without_handlers() {
    let report = ALL.check().unwrap();
    // An envelope handler of all types handles these events.
    assert!(report.unhandled_emissions().is_empty());
    let registry = Registry::new("unhandled");
    registry.register_typed(|_: &Placed| vec![Paid]);
    registry
        .with_name("pay")
        .emits::<Event>()
        .register_typed(|_: &Paid| Some(Shipped));
    let report = registry.check().unwrap();
    let unhandled = report.unhandled_emissions().iter();
    assert!(unhandled.map(|own| own.ty.as_str()).eq(["emitted.shipped"]));
    assert!(
        report.unhandled_emissions()[0]
            .handler
            .contains("emissions.rs")
    );
    assert!(report.cycles().is_empty());
}

#[test]
fn a_check_finds_cycles() {
    let registry = Registry::new("cycles");
    registry.register_typed(|_: &Placed| Some(Paid));
    registry.register_typed(|_: &Paid| Some(Shipped));
    registry.register_typed(|_: &Shipped| Some(Paid));
    registry.register_typed(|_: &Refunded| Some(Refunded));
    let report = registry.check().unwrap();
    let cycles: Vec<Vec<&str>> = report
        .cycles()
        .iter()
        .map(|cycle| {
            let emissions = cycle.emissions.iter();
            emissions.map(|emission| emission.ty.as_str()).collect()
        })
        .collect();
    assert_eq!(
        cycles,
        [
            vec!["emitted.shipped", "emitted.paid"],
            vec!["emitted.refunded"]
        ]
    );
    let shown = report.cycles()[1].to_string();
    assert!(shown.contains("emits \"emitted.refunded\" -> "), "{shown}");
}

#[tokio::test]
async fn handlers_emit_only_known_events() {
    let report = ALL.dispatch_async(&Placed).await.unwrap();
    let types: Vec<&str> = report.events().iter().map(Event::ty).collect();
    let (paid, shipped) = (Paid::TYPE, Shipped::TYPE);
    let expected = [paid, paid, shipped, shipped, paid, paid, shipped];
    assert_eq!(types, expected);
}
