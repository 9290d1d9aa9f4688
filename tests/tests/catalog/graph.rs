//! The graph of events and handlers.

use std::collections::BTreeMap;

use eventkit::{CloudEvent, Event, Registry};
use eventkit_catalog::Catalog;
use serde::{Deserialize, Serialize};

use crate::{hostile, shop};

#[test]
fn the_flowchart_has_events_handlers_and_edges() {
    expect_test::expect![[r#"
        flowchart LR
            n0(["co.outcome.order.declined"])
            n1(["co.outcome.order.paid"])
            n2(["co.outcome.order.placed"])
            n3(["co.outcome.parcel.sent"])
            n4["charge-card"]
            n5["pack"]
            n6["apologize"]
            n7["audit"]
            n2 --> n4
            n4 --> n1
            n4 --> n0
            n1 --> n5
            n5 --> n3
            n0 --> n6
            n0 --> n7
            n1 --> n7
            n2 --> n7
    "#]]
    .assert_eq(&shop::catalog().mermaid());
}

#[test]
fn labels_of_the_flowchart_are_escaped() {
    let text = hostile::catalog().mermaid();
    assert!(!text.contains('<') && !text.contains('\''), "{text}");
}

/// The boxes of nodes: left, top, width and height.
fn boxes(svg: &str) -> Vec<[f64; 4]> {
    let rects = svg.split("<rect ").skip(1);
    let number = |rect: &str, name: &str| -> f64 {
        let (_, rest) = rect.split_once(&format!("{name}=\"")).unwrap();
        rest.split_once('"').unwrap().0.parse().unwrap()
    };
    rects
        .map(|rect| ["x", "y", "width", "height"].map(|name| number(rect, name)))
        .collect()
}

#[track_caller]
fn assert_readable(svg: &str) {
    let boxes = boxes(svg);
    for (at, a) in boxes.iter().enumerate() {
        for b in &boxes[..at] {
            let apart = a[0] + a[2] <= b[0]
                || b[0] + b[2] <= a[0]
                || a[1] + a[3] <= b[1]
                || b[1] + b[3] <= a[1];
            assert!(apart, "{a:?} and {b:?} overlap");
        }
        assert!(a[0] >= 0.0 && a[1] >= 0.0, "{a:?}");
    }
}

#[test]
fn the_image_is_well_formed_and_no_nodes_overlap() {
    for catalog in [shop::catalog(), hostile::catalog()] {
        let svg = catalog.svg();
        assert_readable(&svg);
        assert_eq!(
            boxes(&svg).len(),
            catalog.events().len() + catalog.handlers().len()
        );
        let mut reader = quick_xml_check(&svg);
        assert_eq!(reader.remove("rect"), Some(boxes(&svg).len()));
        assert_eq!(reader.remove("script"), None);
    }
}

/// Counts the start tags, and panics if tags are not balanced.
fn quick_xml_check(svg: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let mut open = Vec::new();
    for part in svg.split('<').skip(1) {
        let (tag, _) = part.split_once('>').unwrap();
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop().as_deref(), Some(name));
            continue;
        }
        let name = tag.split([' ', '/']).next().unwrap().to_owned();
        *counts.entry(name.clone()).or_insert(0) += 1;
        if !tag.ends_with('/') {
            open.push(name);
        }
    }
    assert_eq!(open, Vec::<String>::new());
    counts
}

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.ping", source = "/a")]
struct Ping;

#[derive(Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.pong", source = "/b")]
struct Pong;

#[test]
fn cycles_and_many_edges_are_drawn() {
    static CYCLE: Registry = Registry::new("cycle");
    CYCLE.with_name("ping").register_typed(|_: &Ping| Pong);
    CYCLE.with_name("pong").register_typed(|_: &Pong| Ping);
    CYCLE.with_name("self").register_typed(|_: &Pong| Pong);
    for number in 0..30 {
        let name: &'static str = Box::leak(format!("audit-{number}").into_boxed_str());
        CYCLE
            .with_name(name)
            .register("co.outcome.*", |_: &Event| {});
    }
    let catalog = Catalog::of(&CYCLE).build().unwrap();
    let svg = catalog.svg();
    assert_readable(&svg);
    assert_eq!(svg.matches("class=\"edge\"").count(), 6 + 60);
}
