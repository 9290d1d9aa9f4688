//! Access tokens.

use eventkit::reqwest::RequestBuilderExt;
use eventkit::transport::TransportErrorKind;
use eventkit_webhook::{Endpoint, Sender};
use reqwest::Client;

use super::harness::{Do, detail, event, handler, send, serve, subscription};

const TOKEN: &str = "mF_9.B5f-4.1JqM";

#[tokio::test]
async fn without_a_valid_token_it_is_a_401_and_no_handler_runs() {
    let endpoint = Endpoint::builder()
        .token(TOKEN)
        .token("next")
        .build()
        .unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let url = serve(&endpoint).await;
    let client = Client::new();
    let post = |query: &str| {
        client
            .post(format!("{url}{query}"))
            .event(&event("1"))
            .unwrap()
    };
    let with = |value: &str| post("").header("authorization", value);

    for request in [
        with("Bearer wrong"),
        with("Bearer mF_9.B5f-4.1JqN"),
        with("Bearer mF_9.B5f-4.1Jq"),
        with("Bearer "),
        with("Bearer"),
        with(TOKEN),
        with(&format!("Basic {TOKEN}")),
        post("?access_token=wrong"),
        post("?access_token="),
    ] {
        let response = send(request).await;
        assert_eq!(response.status(), 401);
        let challenge = &response.headers()["www-authenticate"];
        assert_eq!(challenge, r#"Bearer error="invalid_token""#);
        assert!(!detail(&response).contains(TOKEN));
    }
    let response = send(post("?token=x&Access_token=y")).await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.headers()["www-authenticate"], "Bearer");
    let both = post("?access_token=next").bearer_auth(TOKEN);
    assert_eq!(send(both).await.status(), 400);
    assert!(seen.all().is_empty());

    for request in [
        with(&format!("bearer {TOKEN}")),
        post("").bearer_auth("next"),
    ] {
        let response = send(request).await;
        assert_eq!(response.status(), 204);
        assert!(!response.headers().contains_key("cache-control"));
    }
    let encoded = "?p=q&access_token=mF%5F9.B5f-4.1JqM";
    let response = send(post(encoded)).await;
    assert_eq!(response.status(), 204);
    assert_eq!(response.headers()["cache-control"], "private");
    assert_eq!(seen.attempts(), [1]);
}

#[tokio::test]
async fn a_sender_sends_its_token_and_never_prints_it() {
    let endpoint = Endpoint::builder().token(TOKEN).build().unwrap();
    handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let url = serve(&endpoint).await;
    let sender = Sender::to(&url).token(TOKEN).build().unwrap();
    sender.publish(&event("1")).await.unwrap();
    let sender = Sender::to(format!("{url}?access_token={TOKEN}"))
        .build()
        .unwrap();
    sender.publish(&event("2")).await.unwrap();
    assert!(!format!("{sender:?} {endpoint:?}").contains(TOKEN));

    let wrong = Sender::to(format!("{url}?access_token=secret"))
        .build()
        .unwrap();
    let error = wrong.publish(&event("3")).await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Configuration);
    let text = error.to_string();
    assert!(!text.contains("secret"), "{text}");
    assert!(
        text.contains("401 Unauthorized") && text.contains("not valid"),
        "{text}"
    );
    assert!(text.contains("`SenderBuilder::token`"), "{text}");
}

#[test]
fn a_token_that_is_not_a_header_value_is_refused() {
    for token in ["", "a b", "ä", "a\n"] {
        let error = Endpoint::builder().token(token).build().unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::Configuration);
    }
    assert!(
        Sender::to("https://example.com")
            .token("a\n")
            .build()
            .is_err()
    );
}
