//! The validation handshake of endpoints and senders.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use eventkit::transport::{BoxFuture, TransportError, TransportErrorKind};
use eventkit_webhook::{CallbackRequest, Endpoint, HttpClient, Sender};
use http::{HeaderMap, Request, Response};
use reqwest::{Client, Method};
use tokio::time::Instant;

use super::harness::{Do, brief, detail, event, handler, request, send, serve, subscription};

const ORIGIN: &str = "events.shop.example";

async fn ask(url: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let request = Client::new().request(Method::OPTIONS, url);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    send(request).await
}

fn granted(response: &Response<Bytes>) -> Option<(&str, &str)> {
    let headers = response.headers();
    assert_eq!(headers["allow"], "POST, OPTIONS");
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap());
    let origin = text("webhook-allowed-origin");
    let rate = text("webhook-allowed-rate");
    assert_eq!(origin.is_some(), rate.is_some());
    Some((origin?, rate?))
}

#[tokio::test]
async fn only_an_origin_on_the_list_is_allowed() {
    let endpoint = Endpoint::builder()
        .allow_origin("a.example")
        .allow_origin(ORIGIN);
    let url = serve(&endpoint.build().unwrap()).await;
    let response = ask(&url, &[("webhook-request-origin", ORIGIN)]).await;
    assert_eq!(response.status(), 204);
    assert_eq!(granted(&response), Some((ORIGIN, "*")));
    // Origins are DNS names, which are case-insensitive.
    let upper = "Events.SHOP.example";
    let response = ask(&url, &[("webhook-request-origin", upper)]).await;
    assert_eq!(granted(&response), Some((upper, "*")));

    for wrong in [
        "shop.example",
        "x.events.shop.example",
        "events.shop.example.",
        "*",
        "a.example, events.shop.example",
    ] {
        let response = ask(&url, &[("webhook-request-origin", wrong)]).await;
        assert_eq!(response.status(), 403, "{wrong}");
        assert_eq!(granted(&response), None);
        assert!(detail(&response).contains("`WebHook-Request-Origin`"));
    }
    // A request without the headers of a handshake gets a response, but no permission.
    let response = ask(&url, &[]).await;
    assert_eq!(
        (response.status().as_u16(), granted(&response)),
        (204, None)
    );
    let twice = [
        ("webhook-request-origin", ORIGIN),
        ("webhook-request-origin", ORIGIN),
    ];
    assert_eq!(ask(&url, &twice).await.status(), 400);
    // The callback address is ignored.
    let callback = ("webhook-request-callback", "http://127.0.0.1:1/");
    let response = ask(&url, &[("webhook-request-origin", "b.example"), callback]).await;
    assert_eq!(response.status(), 403);
}

#[tokio::test]
async fn all_origins_are_allowed_only_if_configured() {
    let endpoint = Endpoint::builder().allow_any_origin().build().unwrap();
    let response = ask(
        &serve(&endpoint).await,
        &[("webhook-request-origin", ORIGIN)],
    )
    .await;
    assert_eq!(granted(&response), Some(("*", "*")));
    for wrong in ["*", "", "a b", "ä"] {
        let error = Endpoint::builder().allow_origin(wrong).build().unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Configuration);
    }
    assert!(Endpoint::builder().require_origin().build().is_err());
    assert!(Endpoint::builder().rate(0).build().is_err());
}

#[tokio::test]
async fn a_rate_is_granted_up_to_the_limit() {
    let endpoint = Endpoint::builder().allow_origin(ORIGIN).rate(100);
    let url = serve(&endpoint.build().unwrap()).await;
    let origin = ("webhook-request-origin", ORIGIN);
    for (asked, rate) in [("60", "60"), ("100", "100"), ("99999999999", "100")] {
        let response = ask(&url, &[origin, ("webhook-request-rate", asked)]).await;
        assert_eq!(granted(&response), Some((ORIGIN, rate)));
    }
    assert_eq!(granted(&ask(&url, &[origin]).await), Some((ORIGIN, "100")));
    for wrong in ["0", "-1", "many", "1.5"] {
        let response = ask(&url, &[origin, ("webhook-request-rate", wrong)]).await;
        assert_eq!(
            (response.status().as_u16(), granted(&response)),
            (400, None)
        );
        assert!(detail(&response).contains(wrong));
    }
}

#[tokio::test]
async fn a_callback_address_is_passed_to_the_configured_function() {
    let asked = Arc::new(Mutex::new(Vec::<CallbackRequest>::new()));
    let log = Arc::clone(&asked);
    let endpoint = Endpoint::builder()
        .on_callback(move |request| log.lock().unwrap().push(request))
        .build()
        .unwrap();
    let url = serve(&endpoint).await;
    let headers = [
        ("webhook-request-origin", ORIGIN),
        (
            "webhook-request-callback",
            "https://shop.example/confirm?id=1",
        ),
        ("webhook-request-rate", "120"),
    ];
    let response = ask(&url, &headers).await;
    assert_eq!(
        (response.status().as_u16(), granted(&response)),
        (202, None)
    );
    assert_eq!(ask(&url, &headers[..1]).await.status(), 403);
    let asked = asked.lock().unwrap();
    let [one] = &asked[..] else {
        panic!("{asked:?}");
    };
    assert_eq!(one.origin, ORIGIN);
    assert_eq!(one.callback, "https://shop.example/confirm?id=1");
    assert_eq!(one.rate, Some(120));
}

fn from(origin: Option<&str>, id: &str) -> Request<Bytes> {
    let mut request = request(&event(id));
    if let Some(origin) = origin {
        let origin = origin.parse().unwrap();
        request
            .headers_mut()
            .insert("webhook-request-origin", origin);
    }
    request
}

#[tokio::test(start_paused = true)]
async fn only_allowed_origins_may_send_if_an_origin_is_required() {
    let endpoint = Endpoint::builder().allow_origin(ORIGIN).require_origin();
    let endpoint = endpoint.build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    for origin in [None, Some("x.example"), Some("*")] {
        assert_eq!(brief(&endpoint.respond(from(origin, "1")).await).0, 403);
    }
    assert!(seen.all().is_empty());
    assert_eq!(
        brief(&endpoint.respond(from(Some(ORIGIN), "1")).await).0,
        204
    );
}

#[tokio::test(start_paused = true)]
async fn a_sender_over_its_rate_gets_a_429() {
    let endpoint = Endpoint::builder()
        .allow_origin(ORIGIN)
        .allow_origin("b.example")
        .rate(3);
    let endpoint = endpoint.build().unwrap();
    handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let post = async |origin| brief(&endpoint.respond(from(origin, "1")).await);
    for _ in 0..3 {
        assert_eq!(post(Some(ORIGIN)).await, (204, None));
    }
    assert_eq!(post(Some(ORIGIN)).await, (429, Some(20)));
    assert_eq!(post(Some("b.example")).await, (204, None));
    // Unknown origins share a rate.
    for origin in [None, Some("x.example"), Some("y.example")] {
        assert_eq!(post(origin).await, (204, None));
    }
    assert_eq!(post(Some("z.example")).await, (429, Some(20)));
    tokio::time::advance(Duration::from_secs(20)).await;
    assert_eq!(post(Some(ORIGIN)).await, (204, None));
}

#[tokio::test]
async fn a_sender_asks_for_permission_once_before_it_sends() {
    let endpoint = Endpoint::builder()
        .allow_origin(ORIGIN)
        .require_origin()
        .rate(6_000);
    let endpoint = endpoint.build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let url = serve(&endpoint).await;
    let sender = Sender::to(&url)
        .origin(ORIGIN)
        .handshake()
        .rate(12_000)
        .build()
        .unwrap();
    sender.publish(&event("1")).await.unwrap();
    sender.publish(&event("2")).await.unwrap();
    assert_eq!(seen.attempts(), [1, 1]);

    let other = Sender::to(&url)
        .origin("x.example")
        .handshake()
        .build()
        .unwrap();
    let error = other.publish(&event("3")).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Configuration);
    let text = error.to_string();
    assert!(
        text.contains("\"x.example\"") && text.contains("403"),
        "{text}"
    );
    assert_eq!(seen.attempts(), [1, 1]);
}

/// A target that responds to the handshake with these headers, and to all other requests with 204.
/// It records the requests.
#[derive(Debug, Clone, Default)]
struct Target {
    grants: Vec<(&'static str, &'static str)>,
    /// The statuses of the next responses. After these, the status is 200.
    statuses: Arc<Mutex<Vec<u16>>>,
    sent: Arc<Mutex<Vec<(String, HeaderMap, Instant)>>>,
}

impl HttpClient for Target {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> BoxFuture<'_, Result<Response<Bytes>, TransportError>> {
        let method = request.method().to_string();
        let options = method == "OPTIONS";
        let sent = (method, request.headers().clone(), Instant::now());
        self.sent.lock().unwrap().push(sent);
        let mut response = Response::builder().status(204);
        if options {
            let status = self.statuses.lock().unwrap().pop();
            response = response.status(status.unwrap_or(200));
            if status.is_none_or(|status| status < 500) {
                for (name, value) in &self.grants {
                    response = response.header(*name, *value);
                }
            }
        }
        Box::pin(async move { Ok(response.body(Bytes::new()).unwrap()) })
    }
}

fn sender(target: &Target) -> Sender {
    let sender = Sender::to("https://example.com/")
        .origin(ORIGIN)
        .handshake()
        .rate(120);
    sender.client(target.clone()).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_sender_respects_its_granted_rate() {
    let grants = vec![
        ("webhook-allowed-origin", ORIGIN),
        ("webhook-allowed-rate", "30"),
    ];
    let target = Target {
        grants,
        ..Target::default()
    };
    let sender = sender(&target);
    let start = Instant::now();
    for id in ["1", "2", "3"] {
        sender.publish(&event(id)).await.unwrap();
    }
    let sent = target.sent.lock().unwrap();
    let at: Vec<_> = sent
        .iter()
        .map(|(method, _, at)| (&**method, at.duration_since(start).as_secs()))
        .collect();
    assert_eq!(at, [("OPTIONS", 0), ("POST", 0), ("POST", 2), ("POST", 4)]);
    assert_eq!(sent[0].1["webhook-request-rate"], "120");
    assert!(
        sent.iter()
            .all(|(_, headers, _)| headers["webhook-request-origin"] == ORIGIN)
    );
}

#[tokio::test(start_paused = true)]
async fn only_the_headers_of_the_target_grant_permission() {
    let any = ("webhook-allowed-origin", "*");
    for (grants, fine) in [
        (vec![any, ("webhook-allowed-rate", "*")], true),
        // A rate should be present. If it is absent, the requested rate applies.
        (vec![any], true),
        (vec![], false),
        (vec![("webhook-allowed-rate", "*")], false),
        (vec![("webhook-allowed-origin", "shop.example")], false),
        // Origins are DNS names, which are case-insensitive.
        (
            vec![("webhook-allowed-origin", "Events.shop.example")],
            true,
        ),
        (vec![any, ("webhook-allowed-rate", "0")], false),
        (vec![any, ("webhook-allowed-rate", "fast")], false),
    ] {
        let target = Target {
            grants,
            ..Target::default()
        };
        let published = sender(&target).publish(&event("1")).await;
        assert_eq!(published.is_ok(), fine, "{target:?}");
        if let Err(error) = published {
            assert_eq!(error.kind(), TransportErrorKind::Configuration);
            assert_eq!(
                target.sent.lock().unwrap().len(),
                1,
                "no event should be sent"
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_target_that_fails_is_asked_again() {
    let grants = vec![("webhook-allowed-origin", ORIGIN)];
    let target = Target {
        grants,
        statuses: Arc::new(Mutex::new(vec![405, 502, 503])),
        ..Target::default()
    };
    // The headers grant permission, regardless of the status.
    sender(&target).publish(&event("1")).await.unwrap();
    assert_eq!(target.sent.lock().unwrap().len(), 4);
}

#[test]
fn a_handshake_requires_an_origin() {
    let without = Sender::to("https://example.com/")
        .handshake()
        .build()
        .unwrap_err();
    assert!(without.to_string().contains("`SenderBuilder::origin`"));
    for wrong in ["", "*", "a\nb"] {
        assert!(
            Sender::to("https://example.com/")
                .origin(wrong)
                .build()
                .is_err()
        );
    }
}

#[tokio::test(start_paused = true)]
async fn handshakes_without_a_token_have_a_separate_rate() {
    for (rate, expected) in [(None, 60), (Some(3), 3)] {
        let calls = Arc::new(Mutex::new(0));
        let counted = Arc::clone(&calls);
        let endpoint = Endpoint::builder()
            .token("secret")
            .on_callback(move |_| *counted.lock().unwrap() += 1);
        let endpoint = match rate {
            Some(rate) => endpoint.rate(rate),
            None => endpoint,
        };
        let endpoint = endpoint.build().unwrap();
        handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
        let mut refused = 0;
        for origin in 0..300 {
            let request = Request::options("/")
                .header("webhook-request-origin", format!("{origin}.example"))
                .header("webhook-request-callback", "https://example.com/");
            let request = request.body(Bytes::new()).unwrap();
            let response = endpoint.respond(request).await;
            if response.status() == 429 {
                assert!(response.headers().contains_key("retry-after"));
                refused += 1;
            }
        }
        assert_eq!(
            (*calls.lock().unwrap(), refused),
            (expected, 300 - expected)
        );
        // They do not use up the rate of a sender with a token.
        let mut delivery = request(&event("1"));
        let token = "Bearer secret".parse().unwrap();
        delivery.headers_mut().insert("authorization", token);
        assert_eq!(endpoint.respond(delivery).await.status(), 204);
    }
}
