//! How a sender handles responses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::any;
use eventkit::Event;
use eventkit::binding::http::{decode, decode_batch};
use eventkit::format::Json;
use eventkit::transport::{Publisher, RawMessage, TransportError, TransportErrorKind};
use eventkit_webhook::Sender;
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

use super::harness::event;
use super::script::Answer::{self, After, NoConnection, Problem, Silence, Status};
use super::script::Script;

/// Publishes an event, asserts the error, and returns it.
async fn fails(sender: &Sender, kind: TransportErrorKind) -> TransportError {
    let error = sender.publish(&event("1")).await.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    error
}

/// Returns the source of an error.
fn source(error: &TransportError) -> String {
    std::error::Error::source(error).unwrap().to_string()
}

#[tokio::test(start_paused = true)]
async fn temporary_failures_are_retried_with_growing_delays() {
    let script = Script::new([NoConnection, Status(500), Status(408), Status(503)]);
    let sender = script.sender().build().unwrap();
    sender.publish(&event("1")).await.unwrap();
    let waits = script.waits();
    assert_eq!(waits.len(), 4);
    for (wait, whole) in waits.iter().zip([0.5, 1.0, 2.0, 4.0]) {
        assert!(*wait <= whole && *wait >= whole / 2.0 - 0.001, "{waits:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_without_a_response_times_out() {
    let script = Script::new([Silence]);
    let sender = script.sender().timeout(Duration::from_secs(10));
    let sender = sender.build().unwrap();
    sender.publish(&event("1")).await.unwrap();
    let waits = script.waits();
    assert!((10.25..=10.5).contains(&waits[0]), "{waits:?}");

    let script = Script::new([Silence, Silence]);
    let sender = script.sender().timeout(Duration::from_secs(10)).attempts(2);
    let error = fails(&sender.build().unwrap(), TransportErrorKind::Unavailable).await;
    assert_eq!(source(&error), "the request timed out after 10s");
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_respected_in_both_forms() {
    let script = Script::new([
        After(503, "20"),
        After(429, "7"),
        After(500, "Sun, 06 Nov 1994 08:49:37 GMT"),
        After(503, "soon"),
    ]);
    let sender = script.sender().build().unwrap();
    sender.publish(&event("1")).await.unwrap();
    let waits = script.waits();
    // For a date in the past and a malformed value, the sender uses its own delay.
    assert!((20.0..20.01).contains(&waits[0]), "{waits:?}");
    assert!((7.0..7.01).contains(&waits[1]), "{waits:?}");
    assert!(waits[2] <= 2.0 && waits[3] <= 4.0, "{waits:?}");

    // A time after the deadline ends publishing without a wait.
    for (status, after) in [
        (503, "301"),
        (429, "99999999999999999999"),
        (503, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] {
        let script = Script::new([After(status, after)]);
        let start = Instant::now();
        let sender = script.sender().build().unwrap();
        let error = fails(&sender, TransportErrorKind::Unavailable).await;
        assert!(error.to_string().contains("after the deadline"), "{error}");
        assert_eq!((script.count(), start.elapsed()), (1, Duration::ZERO));
    }
}

/// Publishes an event that is first answered like this, and another event a second later.
async fn and_another_after_a_second(answer: Answer) -> Script {
    let script = Script::new([answer]);
    let sender = script.sender().build().unwrap();
    let other = async {
        sleep(Duration::from_secs(1)).await;
        sender.publish(&event("2")).await.unwrap();
    };
    let (first, ()) = tokio::join!(async { sender.publish(&event("1")).await }, other);
    first.unwrap();
    script
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_a_429_until_its_time() {
    let script = and_another_after_a_second(After(429, "30")).await;
    assert_eq!(script.count(), 3);
    let waits = script.waits();
    assert!((30.0..30.01).contains(&waits[0]), "{waits:?}");

    // After a 503, other events are sent: only this event is to be retried later.
    let script = and_another_after_a_second(After(503, "30")).await;
    let waits = script.waits();
    assert!((1.0..1.01).contains(&waits[0]), "{waits:?}");

    // The other event does not wait beyond its own deadline.
    let script = Script::new([After(429, "600")]);
    let sender = script.sender().build().unwrap();
    for _ in 0..2 {
        fails(&sender, TransportErrorKind::Unavailable).await;
    }
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn attempts_and_time_are_limited() {
    let script = Script::new(vec![Status(503); 100]);
    let sender = script.sender().attempts(3).build().unwrap();
    let error = fails(&sender, TransportErrorKind::Unavailable).await;
    assert_eq!(script.count(), 3);
    let expected = format!(
        "failed to send {} to https://example.com/events: the response is 503 Service Unavailable; \
         gave up after attempt 3: no attempts are left",
        event("1")
    );
    assert_eq!(error.to_string(), expected);

    let script = Script::new(vec![Status(503); 100]);
    let sender = script.sender().attempts(u32::MAX);
    let sender = sender
        .total_timeout(Duration::from_mins(1))
        .build()
        .unwrap();
    let start = Instant::now();
    sender.publish(&event("1")).await.unwrap_err();
    assert!(start.elapsed() <= Duration::from_mins(1));
    assert!(script.count() > 5, "{}", script.count());
}

#[tokio::test(start_paused = true)]
async fn rejected_events_are_not_retried() {
    for (status, kind) in [
        (400, TransportErrorKind::Rejected),
        (409, TransportErrorKind::Rejected),
        (413, TransportErrorKind::Rejected),
        (415, TransportErrorKind::Rejected),
        (422, TransportErrorKind::Rejected),
        (401, TransportErrorKind::Configuration),
        (403, TransportErrorKind::Configuration),
        (404, TransportErrorKind::Configuration),
        (405, TransportErrorKind::Configuration),
        (304, TransportErrorKind::Configuration),
    ] {
        let script = Script::new([Status(status)]);
        let sender = script.sender().build().unwrap();
        let error = fails(&sender, kind).await;
        assert!(error.to_string().contains(&status.to_string()), "{error}");
        assert_eq!(script.count(), 1);
        // The next event is not affected.
        sender.publish(&event("2")).await.unwrap();
    }
    for status in [200, 201, 202, 204] {
        let script = Script::new([Status(status)]);
        let sender = script.sender().build().unwrap();
        sender.publish(&event("1")).await.unwrap();
        assert_eq!(script.count(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_again_to_a_target_that_is_gone() {
    let script = Script::new([Status(410)]);
    let sender = script.sender().build().unwrap();
    let error = fails(&sender, TransportErrorKind::Rejected).await;
    assert!(error.to_string().contains("410 Gone"), "{error}");
    let error = sender.clone().publish(&event("2")).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Rejected);
    assert!(error.to_string().contains("retired"), "{error}");
    assert_eq!(script.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_error_contains_the_problem_of_the_response() {
    let said = |body: String| async move {
        let script = Script::new([Problem(422, body)]);
        let sender = script.sender().build().unwrap();
        sender.publish(&event("1")).await.unwrap_err().to_string()
    };
    let body = r#"{"title":"Invalid data","detail":"no \"total\"\u0007","status":422}"#;
    let text = said(body.into()).await;
    let expected = r#"422 Unprocessable Entity, "Invalid data: no \"total\"\u{7}""#;
    assert!(text.ends_with(expected), "{text}");
    let text = said(format!(r#"{{"detail":"{}"}}"#, "ä".repeat(10_000))).await;
    assert!(text.chars().count() < 1_000, "{text}");
    for broken in ["", "{", "[]", r#"{"detail":7}"#] {
        let text = said(broken.to_owned()).await;
        assert!(text.ends_with("422 Unprocessable Entity"), "{text}");
    }
}

#[tokio::test(start_paused = true)]
async fn events_are_sent_in_the_chosen_mode() {
    let script = Script::new([]);
    let sender = script.sender().header("x-tenant", "a").build().unwrap();
    let bare = Event::builder()
        .source("/s")
        .ty("t")
        .id("2")
        .build()
        .unwrap();
    let untyped = Event::builder().source("/s").ty("t").id("3");
    let untyped = untyped.data_bytes(vec![0, 255]).build().unwrap();
    sender.publish(&event("1")).await.unwrap();
    sender.publish(&bare).await.unwrap();
    sender.publish(&untyped).await.unwrap();
    let structured = script.sender().structured(Json).build().unwrap();
    structured.publish(&event("4")).await.unwrap();
    sender
        .publish_batch(&[event("5"), bare.clone()])
        .await
        .unwrap();

    let sent = script.sent.lock().unwrap();
    let types = ["text/plain", "json", "json", "json", "batch+json"];
    for ((request, _), content_type) in sent.iter().zip(types) {
        assert_eq!(request.method(), "POST");
        assert_eq!(request.uri(), "https://example.com/events");
        let found = request.headers()["content-type"].to_str().unwrap();
        assert!(found.contains(content_type), "{found}");
    }
    let events = [&event("1"), &bare, &untyped, &event("4")];
    for ((request, _), event) in sent.iter().zip(events) {
        assert_eq!(
            &decode(request.headers(), request.body().clone()).unwrap(),
            event
        );
    }
    let (batch, _) = &sent[4];
    let batch = decode_batch(batch.headers(), batch.body().clone()).unwrap();
    assert_eq!(batch, [event("5"), bare]);
    assert_eq!(sent[0].0.headers()["x-tenant"], "a");
    assert!(!sent[3].0.headers().contains_key("x-tenant"));
}

#[tokio::test(start_paused = true)]
async fn a_raw_message_is_sent_unchanged_except_for_connection_headers() {
    let script = Script::new([]);
    let sender = script
        .sender()
        .token("mine")
        .origin("me.example")
        .build()
        .unwrap();
    let headers = [
        ("x-note", "kept"),
        ("x-note", "twice"),
        ("Authorization", "Bearer theirs"),
        ("WebHook-Request-Origin", "them.example"),
        ("content-length", "99"),
        ("host", "there"),
    ];
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let message = RawMessage::new(headers.to_vec(), "not an event");
    sender.publish_raw("place", &message).await.unwrap();
    let (request, _) = script.sent.lock().unwrap().remove(0);
    let notes: Vec<_> = request.headers().get_all("x-note").iter().collect();
    assert_eq!(notes, ["kept", "twice"]);
    assert_eq!(request.headers()["authorization"], "Bearer mine");
    assert_eq!(request.headers()["webhook-request-origin"], "me.example");
    assert_eq!(request.headers().len(), 4);
    assert_eq!(request.body(), "not an event");

    let wrong = RawMessage::new(vec![("a b".into(), "c".into())], "");
    let error = sender.publish_raw("place", &wrong).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Rejected);
}

/// Serves a router on a free port.
async fn serve(app: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let followed = Arc::new(Mutex::new(0));
    let count = Arc::clone(&followed);
    let app = Router::new()
        .route(
            "/new",
            any(move || async move { *count.lock().unwrap() += 1 }),
        )
        .route(
            "/",
            any(|| async { (http::StatusCode::PERMANENT_REDIRECT, [("location", "/new")]) }),
        );
    let url = serve(app).await;
    let all = reqwest::Client::builder().redirect(reqwest::redirect::Policy::limited(10));
    let sender = Sender::to(&url).reqwest(all).build().unwrap();
    let error = fails(&sender, TransportErrorKind::Configuration).await;
    let text = error.to_string();
    assert!(text.contains("308") && text.contains("\"/new\""), "{text}");
    assert_eq!(*followed.lock().unwrap(), 0);
}

#[tokio::test]
async fn real_connections_behave_the_same() {
    let problem = |size: usize| {
        let body = format!(r#"{{"detail":"too bad{}"}}"#, " ".repeat(size));
        let header = [("content-type", "application/problem+json")];
        (http::StatusCode::UNPROCESSABLE_ENTITY, header, body)
    };
    let app = Router::new()
        .route("/", any(async || "thanks"))
        .route("/bad", any(async move || problem(0)))
        .route("/huge", any(async move || problem(10_000_000)))
        .layer(DefaultBodyLimit::disable());
    let url = serve(app).await;
    let sender = |path: &str| Sender::to(format!("{url}{path}")).build().unwrap();
    sender("/").publish(&event("1")).await.unwrap();
    let error = sender("/bad").publish(&event("1")).await.unwrap_err();
    assert!(error.to_string().contains("too bad"), "{error}");
    // An endless body is not read.
    let error = sender("/huge").publish(&event("1")).await.unwrap_err();
    assert!(
        error.to_string().ends_with("422 Unprocessable Entity"),
        "{error}"
    );
}

#[tokio::test]
async fn an_unreachable_target_is_unavailable() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let sender = Sender::to(&url).attempts(2);
    let sender = sender.backoff(Duration::from_millis(1), Duration::from_millis(1));
    let error = fails(&sender.build().unwrap(), TransportErrorKind::Unavailable).await;
    assert_eq!(source(&error), "failed to connect");
    assert!(error.to_string().contains("attempt 2"), "{error}");
}

#[tokio::test]
async fn without_tls_the_error_for_https_names_the_feature() {
    let sender = Sender::to("https://localhost:1/").build().unwrap();
    let error = fails(&sender, TransportErrorKind::Configuration).await;
    let source = source(&error);
    assert!(source.contains("`rustls`"), "{source}");
}
