//! Spans of events, and log lines of failures.

use std::fmt::{Debug, Write};
use std::sync::atomic::{AtomicU64, Ordering};

use eventkit::transport::{Publisher, RawMessage, TransportErrorKind};
use eventkit::{Event, Policy};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Metadata, Subscriber};

use super::event;
use super::harness::{FailingPublisher, Fault, Log, Running, TestHarness, wait_until};

/// A subscriber that records spans with their fields, and events with their levels and messages.
struct Noting {
    log: Log,
    spans: AtomicU64,
}

/// Writes fields one after another.
#[derive(Default)]
struct Fields(String);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let _ = write!(self.0, " {field}={value:?}");
    }
}

impl Subscriber for Noting {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("eventkit")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut fields = Fields::default();
        span.record(&mut fields);
        self.log
            .note(format!("span {}{}", span.metadata().name(), fields.0));
        Id::from_u64(self.spans.fetch_add(1, Ordering::Relaxed) + 1)
    }

    fn event(&self, event: &tracing::Event<'_>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        self.log
            .note(format!("{}{}", event.metadata().level(), fields.0));
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

/// Records until the guard is dropped.
fn noting() -> (Log, DefaultGuard) {
    let log = Log::default();
    let guard = tracing::subscriber::set_default(Noting {
        log: log.clone(),
        spans: AtomicU64::new(0),
    });
    (log, guard)
}

/// Returns a harness whose handler fails at once.
fn failing() -> TestHarness {
    let harness = TestHarness::new();
    harness
        .registry
        .with_name("h")
        .policy(Policy::new().attempts(1))
        .register_async("t", |_: Event| async { Err::<(), _>("no printer") });
    harness
}

#[tokio::test(start_paused = true)]
async fn an_event_has_a_span_and_a_failure_has_a_log_line() {
    let (told, _guard) = noting();
    let harness = failing();
    let _service = harness.start().await;
    harness.publish(&event("t", "0")).await;
    harness.dead(1).await;
    // Concurrent tests reach the same callsites without a subscriber, so a callsite may be cached
    // as disabled.
    tracing::callsite::rebuild_interest_cache();
    harness.publish(&event("t", "1")).await;
    harness.dead(2).await;
    let lines = told.lines();
    let is_of_it =
        |line: &&String| line.starts_with("span process ") && line.contains("message.id=\"1\"");
    let span = lines.iter().find(is_of_it).unwrap();
    assert!(
        span.starts_with("span process otel.name=process memory otel.kind=\"consumer\" ")
            && span.contains(
                " messaging.consumer.group.name=\"tests--h\" messaging.message.id=\"1\" "
            )
            && span.contains(" cloudevents.event_source=\"/tests\" ")
            && span.contains(" cloudevents.event_type=\"t\""),
        "{span}"
    );
    // The line names handler and event, because spans are not logged if only warnings are enabled.
    let failure = "ERROR message=the handler failed; dead-lettering the event subscription=\"tests--h\" \
                   event=t 1 from /tests error=\"no printer\" attempt=1";
    assert!(lines.iter().any(|line| line == failure), "{lines:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_message_that_is_not_an_event_has_a_log_line_with_its_position() {
    let (told, _guard) = noting();
    let harness = TestHarness::new();
    harness
        .registry
        .with_name("h")
        .register("t", |_: &Event| {});
    let _service = harness.start().await;
    let poison = RawMessage::new(Vec::new(), "poison");
    harness.memory.publish_raw("t", &poison).await.unwrap();
    harness.dead(1).await;
    tracing::callsite::rebuild_interest_cache();
    harness.memory.publish_raw("t", &poison).await.unwrap();
    harness.dead(2).await;
    let position = harness.letters().list().await.unwrap()[1].position();
    let line = format!(
        "ERROR message=received a message that is not an event; dead-lettering it \
         subscription=\"tests--h\" position={} error=",
        position.unwrap()
    );
    let lines = told.lines();
    assert!(
        lines.iter().any(|told| told.starts_with(&line)),
        "{lines:#?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_log_line_names_the_cause_of_an_error() {
    let (told, _guard) = noting();
    let harness = failing();
    let letters = FailingPublisher::new(&harness.memory, |_| {
        Fault::Refused(TransportErrorKind::Rejected)
    });
    let service = harness.service().dead_letter_publisher(letters);
    let _service = Running::start(service).await;
    harness.publish(&event("t", "0")).await;
    let is_of_it = |line: &String| {
        line.contains("message=a form of the dead letter was rejected")
            && line.contains(" error=\"refused by the test: no room\" ")
    };
    wait_until(|| {
        tracing::callsite::rebuild_interest_cache();
        told.lines().iter().any(is_of_it)
    })
    .await;
}
