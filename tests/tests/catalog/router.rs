//! The router.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

use crate::hostile::{self, Hostile};
use crate::shop;

async fn get(app: &Router, path: &str) -> (StatusCode, HeaderMap, String) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (
        parts.status,
        parts.headers,
        String::from_utf8(body.to_vec()).unwrap(),
    )
}

#[tokio::test]
async fn the_documents_are_served_below_any_path() {
    let catalog = shop::catalog();
    let app = Router::new().nest("/catalog", catalog.router());
    let (status, headers, page) = get(&app, "/catalog").await;
    assert_eq!(
        (
            status,
            &headers["content-type"] == "text/html; charset=utf-8"
        ),
        (StatusCode::OK, true)
    );
    assert!(page.contains("href=\"./catalog/asyncapi.json\""));
    for (path, media_type, text) in [
        (
            "/catalog/asyncapi.json",
            "application/json",
            catalog.asyncapi_json(),
        ),
        (
            "/catalog/asyncapi.yaml",
            "application/yaml",
            catalog.asyncapi_yaml(),
        ),
        ("/catalog/graph.svg", "image/svg+xml", catalog.svg()),
    ] {
        let (status, headers, body) = get(&app, path).await;
        assert_eq!(
            (status, headers["content-type"] == media_type, body),
            (StatusCode::OK, true, text)
        );
    }
    let root: Router = catalog.router();
    let (_, _, page) = get(&root, "/").await;
    assert!(page.contains("href=\"./asyncapi.json\""));
    let any = Router::new().nest("/{tenant}", catalog.router());
    for tenant in ["a", "b", "a"] {
        let (_, _, page) = get(&any, &format!("/{tenant}")).await;
        assert!(page.contains(&format!("href=\"./{tenant}/asyncapi.json\"")));
    }
}

#[tokio::test]
async fn the_page_has_a_content_security_policy() {
    let app: Router = shop::catalog().router();
    let (_, headers, _) = get(&app, "/").await;
    let policy = headers["content-security-policy"].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    assert!(policy.ends_with("frame-ancestors 'none'") && !policy.contains("unsafe"));
    assert_eq!(headers["x-content-type-options"], "nosniff");
}

#[tokio::test]
async fn each_schema_is_served_by_its_event_type() {
    let app: Router = shop::catalog().router();
    let (status, headers, body) = get(&app, "/schemas/co.outcome.order.placed").await;
    assert_eq!(
        (
            status,
            &headers["content-type"] == "application/schema+json"
        ),
        (StatusCode::OK, true)
    );
    let schema: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(schema["title"], "OrderPlaced");
    assert_eq!(
        get(&app, "/schemas/co.outcome.parcel.sent").await.0,
        StatusCode::NOT_FOUND
    );
    assert_eq!(get(&app, "/schemas/unknown").await.0, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_page_links_to_schemas_of_any_name() {
    let app: Router = hostile::catalog().router();
    let (_, _, page) = get(&app, "/").await;
    let (_, rest) = page.split_once("href=\"./schemas/").unwrap();
    let (path, _) = rest.split_once('"').unwrap();
    let (status, _, body) = get(&app, &format!("/schemas/{path}")).await;
    assert_eq!(status, StatusCode::OK, "{path} for {}", Hostile::TYPE);
    assert!(body.contains("nested"));
}
