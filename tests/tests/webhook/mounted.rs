//! An endpoint in a server of the user.

use axum::Router;
use axum::routing::get;
use eventkit::reqwest::RequestBuilderExt;
use eventkit_webhook::Endpoint;
use reqwest::Client;
use tokio::net::TcpListener;

use super::harness::{Do, event, handler, send, subscription};

#[tokio::test]
async fn an_endpoint_can_be_mounted_in_axum() {
    let endpoint = Endpoint::builder().token("secret").build().unwrap();
    let seen = handler(&endpoint, subscription("s"), |_, _| Do::Ack).await;
    let app: Router = Router::new()
        .route("/health", get(|| async { "well" }))
        .route_service("/events", endpoint.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });

    let client = Client::new();
    assert_eq!(
        send(client.get(format!("{url}/health"))).await.body(),
        "well"
    );
    let post = || {
        client
            .post(format!("{url}/events"))
            .event(&event("1"))
            .unwrap()
    };
    assert_eq!(send(post()).await.status(), 401);
    assert_eq!(send(post().bearer_auth("secret")).await.status(), 204);
    assert_eq!(
        send(client.get(format!("{url}/events"))).await.status(),
        405
    );
    assert_eq!(seen.attempts(), [1]);
}
