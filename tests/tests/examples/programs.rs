//! The output of the short examples.

use super::binaries::{run, text};

#[track_caller]
fn assert_prints(name: &str, expected: &str) {
    let output = run(name, &[]);
    assert_eq!(text(&output.stderr), "");
    assert_eq!(text(&output.stdout), expected);
    assert!(output.status.success(), "{}", output.status);
}

#[test]
fn quickstart_derives_annotates_and_dispatches() {
    assert_prints(
        "quickstart",
        "\
receipt to ann: order A-1, 1250 cents
audit: co.outcome.order.placed from /shop/orders
2 handlers ran
",
    );
}

#[test]
fn own_registry_keeps_handlers_apart() {
    assert_prints(
        "own_registry",
        "\
billing:
  invoice for A-1
  discount for A-1
  log: co.outcome.order.placed
default:
  parcel for A-1
",
    );
}

#[test]
fn graph_shows_what_handlers_emit() {
    assert_prints(
        "graph",
        "\
co.outcome.order.placed -> graph::charge -> co.outcome.order.paid, co.outcome.order.rejected
co.outcome.order.paid -> graph::pack -> co.outcome.box.packed
co.outcome.order.rejected -> graph::offer -> co.outcome.order.placed
co.outcome.box.packed -> graph::label -> com.example.label
no handler for com.example.label
a cycle: co.outcome.order.rejected, co.outcome.order.placed
dispatched co.outcome.order.placed -> co.outcome.order.paid
dispatched co.outcome.order.placed -> co.outcome.order.paid -> co.outcome.box.packed
dispatched co.outcome.order.placed -> co.outcome.order.paid -> co.outcome.box.packed
dispatched co.outcome.order.placed -> co.outcome.order.paid -> co.outcome.box.packed -> com.example.label
dispatched co.outcome.order.placed -> co.outcome.order.paid -> co.outcome.box.packed -> com.example.label
",
    );
}

#[test]
fn catalog_lists_events_and_handlers_and_writes_files() {
    let said = "\
co.outcome.order.declined: A card was declined.
co.outcome.order.paid: A card was charged.
co.outcome.order.placed: A customer placed an order.
charge handles co.outcome.order.placed
ship handles co.outcome.order.paid
audit handles co.outcome.order.declined, co.outcome.order.paid, co.outcome.order.placed
";
    assert_prints("catalog", said);
    let folder = std::env::temp_dir().join(format!("eventkit-example-{}", std::process::id()));
    let output = run("catalog", &[folder.to_str().unwrap()]);
    assert!(text(&output.stdout).ends_with("graph.svg and graph.mmd\n"));
    let page = std::fs::read_to_string(folder.join("index.html")).unwrap();
    assert!(page.contains("The reference of the bank."));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn custom_codec_carries_typed_data() {
    assert_prints(
        "custom_codec",
        "\
application/vnd.shop.lines:
order_id = \"A-1\"
total_cents = 1250
receipt for A-1, 1250 cents
receipt for B-7, 990 cents
",
    );
}

#[test]
fn enum_events_handles_every_variant() {
    assert_prints(
        "enum_events",
        "\
handles co.outcome.order.placed and co.outcome.order.cancelled
A-1 was placed
A-1 was placed
A-1 was cancelled: changed my mind
Cancelled(OrderCancelled { order_id: \"A-1\", reason: \"changed my mind\" })
",
    );
}

#[test]
fn plugin_runs_the_handlers_of_another_crate_and_reports_absent_ones() {
    assert_prints(
        "plugin",
        "\
linked in: eventkit_examples::invoicing::write_invoice
invoice for order A-1: 1250 cents
registry `default`: no handler `shop_reports` is linked into the program: refer to its crate, for example \
with `use shop_reports as _;`, or add the handler with `handlers!`
",
    );
}

#[test]
fn without_discovery_runs_the_listed_handlers() {
    assert_prints(
        "without_discovery",
        "\
audit: co.outcome.order.placed
parcel for A-1
2 handlers ran
",
    );
}

#[test]
fn extractors_get_parameters_or_report_what_is_missing() {
    assert_prints(
        "extractors",
        "\
order A-1 of acme for ann
event 1 at 2026-01-31T09:30:00+01:00, priority 7, trace none
1 of 1 handlers failed: extractors::ship (examples/src/bin/extractors.rs:26:1): not a valid \
event: attribute `priority` is missing, expected an Integer that fits (as the Rust type requires)
",
    );
}

#[test]
fn proxy_forwards_events_that_violate_the_specification() {
    assert_prints(
        "proxy",
        r##"proxy: co.outcome.order.placed is forwarded nevertheless
  attribute `time` is "2026-01-31T09:30:00", expected an RFC 3339 timestamp with seconds and offset, such as 2026-01-31T09:30:00Z (core, time)
  attribute `dataschema` is "#", expected an absolute URI without a fragment (RFC 3986, section 4.3) (core, dataschema)
upstream:
  ce-dataschema: #
  ce-id: 1
  ce-source: /shop/orders
  ce-specversion: 1.0
  ce-time: 2026-01-31T09:30:00
  ce-type: co.outcome.order.placed
  content-type: application/json
  {"order_id": "A-1"}
200 OK

proxy: old is forwarded nevertheless
  attribute `specversion` is "0.3", expected "1.0" (core, specversion)
  attribute `Region` is "eu", expected an extension name of lower-case letters a-z and digits 0-9 (core, Naming Conventions)
upstream:
  content-type: application/cloudevents+json
  {"specversion": "0.3", "id": "2", "source": "/shop", "type": "old", "Region": "eu"}
200 OK

400 Bad Request
{"title":"Not a CloudEvents message","status":400,"detail":"not a CloudEvents message: neither an `application/cloudevents` content type nor `ce-` headers"}
"##,
    );
}

#[test]
fn filter_explains_the_result_of_an_expression() {
    assert_prints(
        "filter",
        "\
type LIKE '%.placed' AND (subject LIKE 'us-%' OR priority * 2 > 7) AND NOT EXISTS test: true
  type LIKE '%.placed' AND (subject LIKE 'us-%' OR priority * 2 > 7): true
    type LIKE '%.placed': true
      type: \"co.outcome.order.placed\"
    subject LIKE 'us-%' OR priority * 2 > 7: true
      subject LIKE 'us-%': false
        subject: \"eu-7\"
      priority * 2 > 7: true
        priority * 2: 8
          priority: 4
  NOT EXISTS test: true
    EXISTS test: false

co.outcome.order.placed A-1 from /shop/orders passes
",
    );
}

#[test]
fn service_runs_the_handlers_of_the_shop() {
    assert_prints(
        "service",
        "\
audit: co.outcome.order.placed A-1 from /shop/orders
audit: co.outcome.order.placed A-2 from /shop/orders
card: 12.50 EUR charged to ann
receipt: A-1 over 12.50 EUR to ann
receipt: A-2 over 9999.00 EUR to ann
timeline: A-1 placed
timeline: A-2 placed

dead letter: shop--service-orders-charge_card: co.outcome.order.placed A-2 from /shop/orders, \
3 attempts: the card was declined
7 succeeded, 2 retried, 1 dead letter
released: 0
",
    );
}

#[test]
fn filter_marks_the_error_of_an_expression() {
    let output = run("filter", &["priority > 3 AN id = 'A-1'"]);
    let expected = "\
expected an operator or the end of the expression, found `AN` (column 14)

priority > 3 AN id = 'A-1'
             ^^
";
    assert_eq!(text(&output.stderr), expected);
    assert_eq!(output.status.code(), Some(1));
}
