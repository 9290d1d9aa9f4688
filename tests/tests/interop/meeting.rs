//! The exchange of an event with a peer.

use eventkit::Event;
use eventkit::binding::http::Problem;
use eventkit::event::Violation;
use eventkit::format::Json;
use eventkit::reqwest::RequestBuilderExt;
use reqwest::Client;

use super::cases::{Case, companion};
use super::cell::{Direction, Mode};
use super::description::Description;
use super::kafka::Record;
use super::peer::{Answer, Order, Peer, answer};
use super::receiver::{Receiver, serve};

/// Our side: a server and a client.
pub(crate) struct Here {
    receiver: Receiver,
    url: String,
    client: Client,
    sent: usize,
}

impl Here {
    pub(crate) async fn start() -> Self {
        let receiver = Receiver::default();
        Self {
            url: serve(receiver.router()).await,
            receiver,
            // Peers are local, so a proxy from the environment must not be used.
            client: Client::builder().no_proxy().build().unwrap(),
            sent: 0,
        }
    }

    /// Exchanges an event in one direction, and returns how the result differs.
    pub(crate) async fn meet(
        &mut self,
        peer: &Peer,
        mode: Mode,
        direction: Direction,
        case: &Case,
    ) -> Vec<String> {
        let mut events = vec![case.event.clone()];
        if mode == Mode::Batch {
            events.push(companion());
        }
        let on_kafka = matches!(mode, Mode::KafkaBinary | Mode::KafkaStructured);
        let arrived = match direction {
            Direction::To => self.send(peer, mode, &events).await,
            Direction::From if on_kafka => self.take(peer, mode, &events).await,
            Direction::From => self.receive(peer, mode, &events).await,
        };
        let arrived = match arrived {
            Ok(arrived) => arrived,
            Err(refused) => return vec![refused],
        };
        if arrived.len() != events.len() {
            return vec![format!(
                "{} events, expected {}",
                arrived.len(),
                events.len()
            )];
        }
        let pairs = events.iter().zip(&arrived);
        let differences =
            pairs.map(|(event, arrived)| Description::expected(event, mode).differences(arrived));
        differences.flatten().collect()
    }

    /// Sends to a peer, and returns what it received.
    async fn send(
        &self,
        peer: &Peer,
        mode: Mode,
        events: &[Event],
    ) -> Result<Vec<Description>, String> {
        let request = || peer.understand(&self.client);
        let request = match mode {
            Mode::Binary => request().event(&events[0]).unwrap(),
            Mode::Structured => request().event_structured(&events[0], &Json).unwrap(),
            Mode::Batch => request().event_batch(events, &Json).unwrap(),
            Mode::KafkaBinary | Mode::KafkaStructured => {
                peer.understand_record(&self.client, &Record::of(&events[0], mode))
            }
        };
        match answer(request).await {
            Answer::Events(events) => Ok(events),
            Answer::Error(error) => Err(format!("refused by the peer: {}", sort_of(&error))),
            Answer::Sent(_) | Answer::Record(_) => panic!("{} was not asked to send", peer.sdk),
        }
    }

    /// Lets a peer encode a record of Kafka, and returns what we decode.
    async fn take(
        &self,
        peer: &Peer,
        mode: Mode,
        events: &[Event],
    ) -> Result<Vec<Description>, String> {
        let order = Order {
            mode,
            to: String::new(),
            events: events.iter().map(Description::of).collect(),
        };
        match peer.record(&self.client, &order).await {
            Answer::Record(record) => match record.event() {
                Ok(event) => Ok(vec![Description::of(&event)]),
                Err(error) => Err(format!("refused by us: {}", sort_of_problem(&error.into()))),
            },
            Answer::Error(error) => Err(format!("the peer cannot encode it: {}", sort_of(&error))),
            Answer::Sent(_) | Answer::Events(_) => panic!("{} was asked for a record", peer.sdk),
        }
    }

    /// Lets a peer send, and returns what we received.
    async fn receive(
        &mut self,
        peer: &Peer,
        mode: Mode,
        events: &[Event],
    ) -> Result<Vec<Description>, String> {
        self.sent += 1;
        let route = if mode == Mode::Batch { "batch" } else { "one" };
        let order = Order {
            mode,
            to: format!("{}/{route}/{}", self.url, self.sent),
            events: events.iter().map(Description::of).collect(),
        };
        if let Answer::Error(error) = peer.send(&self.client, &order).await {
            return Err(format!("the peer cannot encode it: {}", sort_of(&error)));
        }
        match self
            .receiver
            .take(self.sent)
            .expect("the message should have arrived")
        {
            Ok(events) => Ok(events.iter().map(Description::of).collect()),
            Err(problem) => Err(format!("refused by us: {}", sort_of_problem(&problem))),
        }
    }
}

/// Returns the name of an exception, because its message differs between versions of a language.
fn sort_of(error: &str) -> &str {
    match error.split_once(':') {
        Some((name, _)) if !name.contains(' ') => name,
        _ => error,
    }
}

fn sort_of_problem(problem: &Problem) -> String {
    let attributes = problem.violations().iter().map(Violation::attribute);
    let attributes: Vec<&str> = attributes.collect();
    [problem.title(), &attributes.join(", ")]
        .join(" ")
        .trim_end()
        .to_owned()
}
