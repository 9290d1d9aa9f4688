//! Sending events with reqwest, and reading responses.

use eventkit::format::Json;
use eventkit::reqwest::{ReceiveError, RequestBuilderExt, ResponseExt};
use eventkit::{DecodeErrorKind, Event};
use reqwest::Client;

use super::{Beat, event, on_each_server};

on_each_server! {
    events_round_trip_in_every_mode
    typed_values_are_sent_and_received
    a_response_that_is_not_an_event_is_an_error
    a_body_over_the_limit_is_not_read_completely
}

async fn events_round_trip_in_every_mode(url: String) {
    let client = Client::new();

    let binary = client.post(format!("{url}/echo")).event(&event()).unwrap();
    let answer = binary.send().await.unwrap();
    assert_eq!(answer.headers()["ce-subject"], "100%25%20%22sure%22");
    assert_eq!(answer.event().await.unwrap(), event());

    let structured = client
        .post(format!("{url}/structured"))
        .event_structured(&event(), &Json)
        .unwrap();
    let answer = structured.send().await.unwrap();
    assert_eq!(
        answer.headers()["content-type"],
        "application/cloudevents+json"
    );
    assert_eq!(answer.event().await.unwrap(), event());

    let events = [event(), event()];
    let batch = client
        .post(format!("{url}/batch"))
        .event_batch(&events, &Json)
        .unwrap();
    assert_eq!(
        batch.send().await.unwrap().event_batch().await.unwrap(),
        events
    );

    let none = client
        .post(format!("{url}/batch"))
        .event_batch(&[], &Json)
        .unwrap();
    assert_eq!(
        none.send().await.unwrap().event_batch().await.unwrap(),
        Vec::<Event>::new()
    );

    let next = client.post(format!("{url}/next")).event(&event()).unwrap();
    assert_eq!(
        next.send().await.unwrap().event_as::<Beat>().await.unwrap(),
        Beat { count: 2 }
    );
}

async fn typed_values_are_sent_and_received(url: String) {
    let (client, beat) = (Client::new(), Beat { count: 7 });

    let binary = client.post(format!("{url}/next")).event(&beat).unwrap();
    let answer = binary.send().await.unwrap();
    assert_eq!(answer.event_as::<Beat>().await.unwrap().count, 8);

    let structured = client.post(format!("{url}/next"));
    let structured = structured.event_structured(&beat, &Json).unwrap();
    let answer = structured.send().await.unwrap();
    assert_eq!(answer.event_as::<Beat>().await.unwrap().count, 8);
}

async fn a_response_that_is_not_an_event_is_an_error(url: String) {
    let answer = Client::new()
        .post(format!("{url}/echo"))
        .send()
        .await
        .unwrap();
    let error = answer.event().await.unwrap_err();
    assert!(
        matches!(&error, ReceiveError::Decode(error) if error.kind() == DecodeErrorKind::NotAnEvent),
        "{error}"
    );
}

async fn a_body_over_the_limit_is_not_read_completely(url: String) {
    let answer = Client::new()
        .get(format!("{url}/large"))
        .send()
        .await
        .unwrap();
    let error = answer.event().await.unwrap_err();
    assert!(matches!(error, ReceiveError::TooLarge { .. }), "{error}");
}
