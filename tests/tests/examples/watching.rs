//! The routes by which a running shop is watched.

use serde_json::Value;

use super::shop::{ORDER, PLACED, Shop};

fn get(shop: &Shop, path: &str) -> (String, String) {
    shop.request(&format!("GET {path}"), &[], "")
}

/// Returns the value of a metric of Prometheus with these labels.
fn metric(text: &str, name: &str, labels: &[&str]) -> f64 {
    let mut lines = text.lines().filter(|line| {
        let is_named = line
            .strip_prefix(name)
            .is_some_and(|rest| rest.starts_with('{'));
        is_named && labels.iter().all(|label| line.contains(label))
    });
    let line = lines
        .next()
        .unwrap_or_else(|| panic!("no {name} with {labels:?} in: {text}"));
    assert_eq!(lines.next(), None, "{name} with {labels:?}");
    let (_, value) = line.rsplit_once(' ').expect("a value");
    value.parse().expect("a number")
}

#[test]
fn the_service_behind_the_webhook_is_watched() {
    let shop = Shop::open();
    let (head, body) = shop.request("POST /webhook", PLACED, ORDER);
    assert!(head.contains(" 204 "), "{head} {body}");

    let (head, _) = get(&shop, "/live");
    assert!(head.contains(" 200 "), "{head}");
    let (head, ready) = get(&shop, "/ready");
    assert!(head.contains(" 200 "), "{head} {ready}");
    let (_, health) = get(&shop, "/health");
    let health: Value = serde_json::from_str(&health).expect("JSON");
    let subscriptions = health["subscriptions"].as_array().expect("a list");
    assert_eq!(subscriptions.len(), 4, "{health}");

    let (head, text) = get(&shop, "/metrics");
    assert!(
        head.contains("content-type: text/plain; version=0.0.4"),
        "{head}"
    );
    for handler in ["audit", "charge_card", "keep_timeline", "send_receipt"] {
        let group = format!("messaging_consumer_group_name=\"shop--shop-orders-{handler}\"");
        let succeeded = [&*group, "eventkit_outcome=\"succeeded\""];
        assert!(metric(&text, "eventkit_processed_messages_total", &succeeded) >= 1.0);
        assert!(metric(&text, "eventkit_subscription_ready", &[&group]) >= 1.0);
    }

    let (head, page) = get(&shop, "/catalog");
    assert!(head.contains("text/html"), "{head}");
    assert!(page.contains("co.outcome.order.placed"), "{page}");
}
