//! Limits of axum, actix-web and reqwest.

use actix_web::test::TestRequest;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use eventkit::axum::{Batch, Typed};
use eventkit::binding::http::Problem;
use eventkit::reqwest::{ReceiveError, ResponseExt};
use eventkit::{Event, Limits};
use eventkit_tests::message::headers;
use eventkit_tests::reading::Reading;
use http::Response;

use super::assert_over;

fn request(limits: Option<Limits>, body: &'static str) -> Request {
    let mut request = Request::new(Body::from(body));
    *request.headers_mut() = headers(&[("ce-a", "1"), ("content-type", "application/json")]);
    if let Some(limits) = limits {
        request.extensions_mut().insert(limits);
    }
    request
}

async fn extract<T: FromRequest<(), Rejection = Problem>>(limits: Option<Limits>) -> Option<u16> {
    let extracted = T::from_request(request(limits, "[[7]]"), &()).await;
    extracted.err().map(|problem| problem.status().as_u16())
}

async fn extract_actix<T>(limits: Option<Limits>) -> Option<u16>
where
    T: actix_web::FromRequest<Error = Problem>,
{
    let mut request = TestRequest::default().set_payload("[[7]]");
    for (name, value) in &headers(&[("ce-a", "1"), ("content-type", "application/json")]) {
        request = request.append_header((name.as_str(), value.as_bytes()));
    }
    if let Some(limits) = limits {
        request = request.app_data(limits);
    }
    let (request, mut payload) = request.to_http_parts();
    let extracted = T::from_request(&request, &mut payload).await;
    extracted.err().map(|problem| problem.status().as_u16())
}

/// Returns the responses of both servers to events, typed events and batches within limits.
async fn answers(limits: Option<Limits>) -> [Option<u16>; 6] {
    type Read = Typed<Reading<serde_json::Value>>;
    [
        extract::<Event>(limits).await,
        extract::<Read>(limits).await,
        extract::<Batch>(limits).await,
        extract_actix::<Event>(limits).await,
        extract_actix::<Read>(limits).await,
        extract_actix::<Batch>(limits).await,
    ]
}

#[tokio::test]
async fn a_router_and_an_app_set_the_limits_of_their_requests() {
    for limits in [
        Limits::DEFAULT.body_bytes(4),
        Limits::DEFAULT.headers(5),
        Limits::DEFAULT.header_bytes(40),
        Limits::DEFAULT.attributes(5),
        Limits::DEFAULT.attribute_bytes(10),
        Limits::DEFAULT.json_depth(1),
    ] {
        assert_eq!(answers(Some(limits)).await, [Some(413); 6], "{limits:?}");
    }
    for limits in [None, Some(Limits::DEFAULT.body_bytes(5).json_depth(2))] {
        assert_eq!(answers(limits).await, [None; 6]);
    }
}

fn response(body: &'static str) -> reqwest::Response {
    let mut response = Response::new(body);
    *response.headers_mut() = headers(&[("ce-a", "1"), ("content-type", "application/json")]);
    response.into()
}

#[tokio::test]
async fn a_response_is_read_within_its_limits() {
    let exact = Limits::DEFAULT.body_bytes(5).attributes(6).json_depth(2);
    let body = "[[7]]";
    assert!(response(body).event().await.is_ok());
    assert!(response(body).with_limits(exact).event().await.is_ok());

    for over in [exact.body_bytes(4), exact.attributes(5)] {
        let limited = || response(body).with_limits(exact).with_limits(over);
        let errors = [
            limited().event().await.map(drop).unwrap_err(),
            limited().event_batch().await.map(drop).unwrap_err(),
            limited()
                .event_as::<Reading<serde_json::Value>>()
                .await
                .map(drop)
                .unwrap_err(),
        ];
        for error in errors {
            match error {
                ReceiveError::TooLarge { limit } => assert_eq!(limit, over.body_bytes),
                ReceiveError::Decode(error) => assert_over(Err::<(), _>(error), "attributes", 5),
                other => panic!("{other}"),
            }
        }
    }
}
