//! Limits of what axum and reqwest hand over.

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

#[tokio::test]
async fn a_router_sets_limits_with_an_extension_of_its_requests() {
    type Read = Typed<Reading<serde_json::Value>>;
    for limits in [
        Limits::DEFAULT.body_bytes(4),
        Limits::DEFAULT.headers(5),
        Limits::DEFAULT.header_bytes(40),
        Limits::DEFAULT.attributes(5),
        Limits::DEFAULT.attribute_bytes(10),
        Limits::DEFAULT.json_depth(1),
    ] {
        assert_eq!(
            extract::<Event>(Some(limits)).await,
            Some(413),
            "{limits:?}"
        );
        assert_eq!(extract::<Read>(Some(limits)).await, Some(413), "{limits:?}");
        assert_eq!(
            extract::<Batch>(Some(limits)).await,
            Some(413),
            "{limits:?}"
        );
    }
    for limits in [None, Some(Limits::DEFAULT.body_bytes(5).json_depth(2))] {
        assert_eq!(extract::<Event>(limits).await, None);
        assert_eq!(extract::<Read>(limits).await, None);
        assert_eq!(extract::<Batch>(limits).await, None);
    }
}

fn response(body: &'static str) -> reqwest::Response {
    let mut response = Response::new(body);
    *response.headers_mut() = headers(&[("ce-a", "1"), ("content-type", "application/json")]);
    response.into()
}

#[tokio::test]
async fn a_response_is_read_up_to_its_limits() {
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
