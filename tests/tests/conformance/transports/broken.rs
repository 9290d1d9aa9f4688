//! The transport tests detect faulty transports.

use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use eventkit::transport::{
    AckHandle, Acknowledger, BoxFuture, Consumer, DeliveryRecord, Incoming, MessageMetadata,
    Published, Publisher, RawMessage, ReservedMessage, Settlement, Subscription, SubscriptionInfo,
    SubscriptionStatus, Transport, TransportError,
};
use eventkit::{BoxError, Event};
use eventkit_service::memory::Memory;
use eventkit_transport_tests::{self, Fixture, Outcome};
use tokio::time::timeout;

/// A fault of a transport.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    None,
    AcksNothing,
    TerminatesNothing,
    IgnoresDelays,
    IgnoresGivingBack,
    SaysNothingOfProgress,
    CountsNoAttempts,
    TellsNoPosition,
    MovesWhatComesAgain,
    LosesAnExtension,
    LosesLargeData,
    ChangesRawBodies,
    LosesRawHeaders,
    HidesReserved,
    ReservesByAttribute,
    FindsNoDuplicates,
    FindsDuplicatesOfOthers,
    IgnoresPatterns,
    GivesNamesOfItsOwn,
    HasOneSubscription,
    ListsClosedConsumers,
    IgnoresWhatIsAnnounced,
    IgnoresWhatIsInFlight,
    SwapsMessages,
    LosesWhenDropped,
    ForgetsAtRestart,
    Ends,
    KeepsWhatItHasOnItsWay,
    ForgetsOrderWhenLost,
    SkipsForGood,
    SkipsUnaccounted,
    ForgetsRecords,
    MixesUpRecords,
    StartsWithTheOldest,
    ForgetsFormerNames,
}

use Fault::{
    AcksNothing, ChangesRawBodies, CountsNoAttempts, Ends, FindsDuplicatesOfOthers,
    FindsNoDuplicates, ForgetsAtRestart, ForgetsFormerNames, ForgetsOrderWhenLost, ForgetsRecords,
    GivesNamesOfItsOwn, HasOneSubscription, HidesReserved, IgnoresDelays, IgnoresGivingBack,
    IgnoresPatterns, IgnoresWhatIsAnnounced, IgnoresWhatIsInFlight, KeepsWhatItHasOnItsWay,
    ListsClosedConsumers, LosesAnExtension, LosesLargeData, LosesRawHeaders, LosesWhenDropped,
    MixesUpRecords, MovesWhatComesAgain, ReservesByAttribute, SaysNothingOfProgress, SkipsForGood,
    SkipsUnaccounted, StartsWithTheOldest, SwapsMessages, TellsNoPosition, TerminatesNothing,
};

#[derive(Debug, Clone)]
struct Broken {
    memory: Memory,
    fault: Fault,
    subscriptions: Arc<AtomicU32>,
    records: Arc<Mutex<DeliveryRecord>>,
}

impl Broken {
    fn new(fault: Fault) -> Self {
        Self {
            memory: Memory::new(),
            fault,
            subscriptions: Arc::default(),
            records: Arc::default(),
        }
    }
}

impl Fixture for Broken {
    fn open(&self) -> BoxFuture<'_, Result<Box<dyn Transport>, BoxError>> {
        Box::pin(async { Ok(Box::new(self.clone()) as Box<dyn Transport>) })
    }

    fn restart(&self) -> Option<BoxFuture<'_, Result<(), BoxError>>> {
        Some(Box::pin(async {
            self.memory.close();
            self.memory.reopen();
            if self.fault == ForgetsAtRestart {
                // Another consumer has taken all messages.
                let all = Subscription::new("thief", ["*"]);
                drop(self.memory.subscribe(&all).await?);
                self.subscriptions.store(1, Ordering::Relaxed);
            }
            Ok(())
        }))
    }
}

impl Publisher for Broken {
    fn publish_event<'a>(
        &'a self,
        event: &'a Event,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async {
            let mut event = event.clone();
            let large = event
                .data()
                .is_some_and(|data| data.as_bytes().len() > 65_536);
            match self.fault {
                LosesAnExtension => drop(event.remove_extension("binary")),
                LosesLargeData if large => drop(event.take_data()),
                FindsNoDuplicates => event.set_id(uuid(&self.subscriptions)).unwrap(),
                _ => {}
            }
            let mut published = self.memory.publish(&event).await?;
            if self.fault == FindsDuplicatesOfOthers && event.source().ends_with("/other") {
                published = published.duplicate(true);
            }
            Ok(published)
        })
    }

    fn publish_raw<'a>(
        &'a self,
        ty: &'a str,
        message: &'a RawMessage,
    ) -> BoxFuture<'a, Result<Published, TransportError>> {
        Box::pin(async move {
            let message = match self.fault {
                ChangesRawBodies => {
                    RawMessage::new(message.headers.clone(), message.body.to_ascii_uppercase())
                }
                LosesRawHeaders => RawMessage::new(Vec::new(), message.body.clone()),
                _ => return self.memory.publish_raw(ty, message).await,
            };
            self.memory.publish_raw(ty, &message).await
        })
    }
}

fn reserving(incoming: &Incoming) -> bool {
    let event = incoming.event.as_ref();
    event.is_ok_and(|event| event.extension("replayfor").is_some())
}

fn uuid(count: &AtomicU32) -> String {
    format!("own-{}", count.fetch_add(1, Ordering::Relaxed))
}

impl Transport for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn prepare(&self, subscriptions: &[Subscription]) {
        if self.fault != IgnoresWhatIsAnnounced {
            self.memory.prepare(subscriptions);
        }
    }

    fn subscribe<'a>(
        &'a self,
        subscription: &'a Subscription,
    ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
        Box::pin(async {
            let mut subscription = subscription.clone();
            match self.fault {
                IgnoresPatterns => subscription.patterns = vec!["*".to_owned()],
                GivesNamesOfItsOwn => subscription.name = uuid(&self.subscriptions),
                HasOneSubscription => subscription.name = String::from("one"),
                IgnoresWhatIsInFlight => subscription.max_in_flight += 1,
                ForgetsOrderWhenLost => subscription.keeps_order = false,
                StartsWithTheOldest => subscription.start = None,
                ForgetsFormerNames => subscription.formerly.clear(),
                _ => {}
            }
            Ok(Box::new(BrokenConsumer {
                inner: self.memory.subscribe(&subscription).await?,
                fault: self.fault,
                forgets: self.fault == ForgetsAtRestart
                    && self.subscriptions.load(Ordering::Relaxed) == 1,
                held: None,
                count: 0,
                records: Arc::clone(&self.records),
            }) as Box<dyn Consumer>)
        })
    }

    fn subscription_status(&self, subscription: &Subscription) -> SubscriptionStatus {
        self.memory.subscription_status(subscription)
    }

    fn subscriptions(
        &self,
    ) -> BoxFuture<'_, Result<Option<Vec<SubscriptionInfo>>, TransportError>> {
        Box::pin(async {
            let mut known = self.memory.subscriptions().await?;
            for own in known.iter_mut().flatten() {
                own.has_consumer |= self.fault == ListsClosedConsumers;
            }
            Ok(known)
        })
    }
}

#[derive(Debug)]
struct BrokenConsumer {
    inner: Box<dyn Consumer>,
    fault: Fault,
    forgets: bool,
    held: Option<Incoming>,
    count: u32,
    /// The most recent record, of any message.
    records: Arc<Mutex<DeliveryRecord>>,
}

impl Consumer for BrokenConsumer {
    fn next(&mut self) -> BoxFuture<'_, Result<Option<Incoming>, TransportError>> {
        Box::pin(async {
            if let Some(held) = self.held.take() {
                return Ok(Some(held));
            }
            let Some(mut incoming) = self.inner.next().await? else {
                return Ok(None);
            };
            self.count += 1;
            match self.fault {
                LosesWhenDropped => tokio::time::sleep(Duration::from_micros(700)).await,
                CountsNoAttempts => incoming.metadata.delivery_count = 1,
                HidesReserved => incoming.reserved = None,
                ReservesByAttribute if reserving(&incoming) => {
                    let reserved = ReservedMessage::new("eventkit.replay.own", Vec::new());
                    incoming.reserved = Some(Box::new(reserved));
                }
                TellsNoPosition => incoming.metadata.position = None,
                MovesWhatComesAgain => {
                    let moved = u64::from(incoming.metadata.delivery_count > 1);
                    let position = incoming.metadata.position;
                    incoming.metadata.position = position.map(|position| position + moved);
                }
                Ends if self.count == 5 => return Ok(None),
                ForgetsAtRestart if self.forgets => {
                    incoming.handle.ack().await?;
                    return std::future::pending().await;
                }
                KeepsWhatItHasOnItsWay => {
                    let ahead = timeout(Duration::from_millis(1), self.inner.next()).await;
                    self.held = ahead.ok().transpose()?.flatten();
                }
                SwapsMessages if self.count == 20 => {
                    let second = self.inner.next().await?;
                    self.held = Some(incoming);
                    return Ok(second);
                }
                _ => {}
            }
            let fault = self.fault;
            let inner = incoming.handle;
            let records = Arc::clone(&self.records);
            let broken = BrokenSettle {
                inner,
                fault,
                records,
            };
            incoming.handle = AckHandle::new(Arc::new(broken), incoming.metadata);
            Ok(Some(incoming))
        })
    }

    fn close(self: Box<Self>) -> BoxFuture<'static, Result<(), TransportError>> {
        // Its messages are redelivered after `ack_wait`.
        self.inner.close()
    }
}

#[derive(Debug)]
struct BrokenSettle {
    inner: AckHandle,
    fault: Fault,
    records: Arc<Mutex<DeliveryRecord>>,
}

impl Acknowledger for BrokenSettle {
    fn settle(
        self: Arc<Self>,
        _: MessageMetadata,
        how: Settlement,
    ) -> BoxFuture<'static, Result<(), TransportError>> {
        let settled = Arc::into_inner(self).expect("a message should be settled once");
        let Self { inner, fault, .. } = settled;
        match (fault, how) {
            (AcksNothing, Settlement::Ack) | (TerminatesNothing, Settlement::Terminate) => {
                Box::pin(std::future::ready(Ok(())))
            }
            (IgnoresDelays, Settlement::Nack(_)) => inner.nack(Duration::ZERO),
            (IgnoresGivingBack, Settlement::Nack(_)) | (SkipsForGood, Settlement::Skip) => {
                inner.ack()
            }
            (SkipsUnaccounted, Settlement::Skip) => inner.nack(Duration::from_millis(100)),
            _ => inner.settle(how),
        }
    }

    fn load_record(
        &self,
        _: MessageMetadata,
    ) -> BoxFuture<'_, Result<DeliveryRecord, TransportError>> {
        match self.fault {
            ForgetsRecords => Box::pin(async { Ok(DeliveryRecord::default()) }),
            MixesUpRecords => Box::pin(async { Ok(*self.records.lock().unwrap()) }),
            _ => self.inner.load_record(),
        }
    }

    fn store_record(
        &self,
        _: MessageMetadata,
        record: DeliveryRecord,
    ) -> BoxFuture<'_, Result<(), TransportError>> {
        *self.records.lock().unwrap() = record;
        self.inner.store_record(record)
    }

    fn in_progress(&self, _: MessageMetadata) -> BoxFuture<'_, Result<(), TransportError>> {
        match self.fault {
            SaysNothingOfProgress => Box::pin(async { Ok(()) }),
            _ => self.inner.in_progress(),
        }
    }
}

/// Asserts that the tests detect a fault as a violation of at least these promises.
async fn assert_notices(fault: Fault, expected: &[&str]) {
    let report = eventkit_transport_tests::run(&Broken::new(fault)).await;
    let broken: Vec<&str> = report
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_)))
        .map(|(check, _)| check.name())
        .collect();
    for name in expected {
        assert!(
            broken.contains(name),
            "{fault:?} was not detected:\n{report}"
        );
    }
    assert_eq!(report.all_passed(), expected.is_empty(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_correct_transport_passes() {
    assert_notices(Fault::None, &[]).await;
}

#[tokio::test(start_paused = true)]
async fn faulty_settlements_are_detected() {
    assert_notices(
        AcksNothing,
        &[
            "settles_by_ack",
            "resumes_where_it_stopped",
            "keeps_everything_across_a_restart",
        ],
    )
    .await;
    assert_notices(TerminatesNothing, &["settles_by_terminate"]).await;
    assert_notices(IgnoresDelays, &["redelivers_after_nack"]).await;
    assert_notices(
        IgnoresGivingBack,
        &[
            "redelivers_after_nack",
            "redelivers_at_once_after_nack_without_delay",
        ],
    )
    .await;
    assert_notices(
        SaysNothingOfProgress,
        &["extends_ack_wait_while_in_progress"],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn wrong_metadata_is_detected() {
    assert_notices(
        CountsNoAttempts,
        &["redelivers_after_nack", "redelivers_after_ack_wait"],
    )
    .await;
    for fault in [TellsNoPosition, MovesWhatComesAgain] {
        assert_notices(fault, &["reports_delivery_count_and_position"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn changed_messages_are_detected() {
    assert_notices(LosesAnExtension, &["carries_every_attribute"]).await;
    assert_notices(LosesLargeData, &["carries_empty_and_large_messages"]).await;
    assert_notices(
        ChangesRawBodies,
        &[
            "decodes_events_published_raw",
            "delivers_invalid_messages_raw",
        ],
    )
    .await;
    assert_notices(
        LosesRawHeaders,
        &[
            "decodes_events_published_raw",
            "delivers_invalid_messages_raw",
        ],
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn misrouted_reserved_messages_are_detected() {
    assert_notices(HidesReserved, &["delivers_reserved_messages_with_headers"]).await;
    assert_notices(ReservesByAttribute, &["delivers_nothing_else_as_reserved"]).await;
}

#[tokio::test(start_paused = true)]
async fn wrong_duplicate_detection_is_detected() {
    assert_notices(FindsNoDuplicates, &["detects_duplicates"]).await;
    assert_notices(FindsDuplicatesOfOthers, &["detects_duplicates"]).await;
}

#[tokio::test(start_paused = true)]
async fn faulty_subscriptions_are_detected() {
    assert_notices(IgnoresPatterns, &["selects_by_pattern"]).await;
    assert_notices(
        GivesNamesOfItsOwn,
        &[
            "shares_messages_among_consumers_of_one_name",
            "resumes_where_it_stopped",
        ],
    )
    .await;
    assert_notices(
        HasOneSubscription,
        &["delivers_everything_to_each_subscription"],
    )
    .await;
    assert_notices(
        IgnoresWhatIsAnnounced,
        &["delivers_everything_to_prepared_subscriptions"],
    )
    .await;
    assert_notices(ListsClosedConsumers, &["lists_subscriptions"]).await;
    assert_notices(IgnoresWhatIsInFlight, &["limits_messages_in_flight"]).await;
}

#[tokio::test(start_paused = true)]
async fn messages_lost_in_a_deployment_are_detected() {
    let check = "skips_only_for_the_latest_selection";
    assert_notices(SkipsForGood, &[check]).await;
    assert_notices(SkipsUnaccounted, &[check]).await;
    assert_notices(ForgetsRecords, &["keeps_records_of_deliveries"]).await;
    assert_notices(MixesUpRecords, &["keeps_records_of_deliveries"]).await;
    assert_notices(StartsWithTheOldest, &["starts_where_asked"]).await;
    assert_notices(ForgetsFormerNames, &["continues_under_a_new_name"]).await;
}

#[tokio::test(start_paused = true)]
async fn lost_and_reordered_messages_are_detected() {
    assert_notices(SwapsMessages, &["keeps_order"]).await;
    assert_notices(ForgetsOrderWhenLost, &["keeps_order"]).await;
    assert_notices(LosesWhenDropped, &["loses_nothing_when_next_is_dropped"]).await;
    assert_notices(ForgetsAtRestart, &["keeps_everything_across_a_restart"]).await;
    assert_notices(
        KeepsWhatItHasOnItsWay,
        &["returns_messages_of_a_closed_consumer"],
    )
    .await;
    assert_notices(Ends, &["delivers_once_to_concurrent_consumers"]).await;
}
