//! A subscription that is open in this process: its record, and its consumer on the server.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use async_nats::jetstream::stream::StorageType;
use eventkit::event::Timestamp;
use eventkit::transport::{SelectionRole, StartPosition, Subscription, TransportError};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::{debug, info, warn};

use super::consumer_api::describe;
use super::consumer_info::ConsumerInfo;
use super::delivery_records;
use super::durable::Durable;
use super::selection::{Record, Selection};
use super::settings::ConsumerSettings;
use super::shared::Shared;
use super::state::Stored;
use super::stream::StreamInfo;
use crate::mapping::subject::Filters;

/// The maximum number of retries of a write after other processes wrote the record.
const MAX_CONFLICTS: u32 = 8;

/// A subscription, and its durable consumer on the server.
#[derive(Debug)]
pub(super) struct ActiveSubscription {
    pub(super) shared: Arc<Shared>,
    pub(super) subscription: Subscription,
    pub(super) durable: Arc<Durable>,
    pub(super) selection: Selection,
    /// The error that the consumer returns instead of its next message.
    failure: Mutex<Option<TransportError>>,
}

/// The part of a stored message that the transport reads.
#[derive(Debug, Deserialize)]
struct StoredMessage {
    message: MessageTime,
}

#[derive(Debug, Deserialize)]
struct MessageTime {
    time: String,
}

impl ActiveSubscription {
    /// Records the selection of a subscription, and creates or updates its consumer.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached, or if the existing stream or consumer does
    /// not fit.
    pub(super) async fn open(
        shared: &Arc<Shared>,
        subscription: &Subscription,
        durable: Arc<Durable>,
        stream: &(StreamInfo, Vec<String>),
    ) -> Result<Self, TransportError> {
        let filters = shared.mapping.subjects.filters_of(subscription);
        let this = Self {
            shared: Arc::clone(shared),
            subscription: subscription.clone(),
            durable,
            selection: Selection::new(subscription, &filters),
            failure: Mutex::default(),
        };
        let found = ConsumerInfo::look_up(shared, &this.durable.name).await?;
        let stored = this.record_selection(found.as_ref(), &stream.0).await?;
        let info = match found {
            Some(info) => info,
            None => this.create(&stored, &stream.0).await?,
        };
        this.reconcile(info, &stored.value, stream).await?;
        Ok(this)
    }

    /// Reads the record, and returns whether the selection of this process is the latest.
    pub(super) async fn is_latest(&self) -> Result<bool, TransportError> {
        let digest = &self.selection.digest;
        self.durable.is_latest(&self.shared.state, digest).await
    }

    /// Returns whether this process knows of a later selection.
    pub(super) fn is_superseded(&self) -> bool {
        self.durable.is_superseded(&self.selection.digest)
    }

    /// Returns the time after which the server redelivers an unsettled message, if it differs from
    /// that of the subscription.
    pub(super) fn ack_wait(&self) -> Option<Duration> {
        let ack_wait = self.durable.ack_wait();
        ack_wait.filter(|ack_wait| *ack_wait != self.subscription.ack_wait)
    }

    pub(super) fn fail(&self, error: TransportError) {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        *failure = Some(error);
    }

    /// Takes the error that ends the consumer, if there is one.
    pub(super) fn take_failure(&self) -> Option<TransportError> {
        let mut failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner);
        failure.take()
    }

    /// Records the selection, unless it is already recorded.
    async fn record_selection(
        &self,
        found: Option<&ConsumerInfo>,
        stream: &StreamInfo,
    ) -> Result<Stored<Record>, TransportError> {
        let Shared { state, .. } = &*self.shared;
        for _ in 0..MAX_CONFLICTS {
            let stored = self.durable.read(state).await?;
            let next = match &stored {
                None => Some(self.first_record(found, stream)?),
                Some(stored) if stored.value.stream_created != stream.created => {
                    let next = self.record_of_stream(&stored.value, stream)?;
                    delivery_records::forget_all(state, &self.durable.name).await?;
                    self.report_other_stream();
                    Some(next)
                }
                Some(stored) => self.next_record(&stored.value)?,
            };
            let (next, revision) = match (next, stored) {
                (None, Some(stored)) => return Ok(stored),
                (None, None) => continue,
                (Some(next), stored) => (next, stored.map_or(0, |stored| stored.revision)),
            };
            if let Some(found) = found {
                // A selection whose consumer would be refused must not supersede others.
                self.check(found, &next, stream, &mut Vec::new())?;
            }
            if let Some(written) = self.durable.write(state, revision, next).await? {
                return Ok(written);
            }
        }
        Err(TransportError::unavailable(format!(
            "failed to record the selection of the subscription `{}`: other processes keep writing it",
            self.subscription.name
        )))
    }

    fn report_other_stream(&self) {
        let stream = &self.shared.stream.settings.name;
        let incident =
            format!("the stream `{stream}` was deleted and recreated: its earlier events are lost");
        warn!(subscription = %self.subscription.name, "{incident}");
        self.durable.set_incident(incident);
    }

    /// Returns the record to write if none is stored: the one that this process last saw, or a new
    /// one.
    fn first_record(
        &self,
        found: Option<&ConsumerInfo>,
        stream: &StreamInfo,
    ) -> Result<Record, TransportError> {
        if let Some((known, _)) = self.durable.known_record() {
            return self.record_of_stream(&known.value, stream);
        }
        let starts_with_oldest =
            matches!(self.subscription.start, None | Some(StartPosition::Oldest));
        let policy = found.map_or("all", |found| found.settings().text("deliver_policy"));
        if starts_with_oldest && policy != "all" {
            return Err(TransportError::configuration(format!(
                "{}: `deliver_policy` is {policy}, expected all: this transport did not create the consumer, \
                 which skips events; give the subscription a start position, or another name",
                describe(&self.shared, &self.durable.name)
            )));
        }
        Ok(self.selection.first_record(&stream.created))
    }

    /// Returns the record that follows another one, which may be of an earlier stream with the same name.
    fn record_of_stream(
        &self,
        record: &Record,
        stream: &StreamInfo,
    ) -> Result<Record, TransportError> {
        let own = if record.stream_created == stream.created {
            record.clone()
        } else {
            record.move_to(&stream.created)
        };
        let next = self.next_record(&own)?;
        Ok(next.unwrap_or(own))
    }

    /// Returns the record that follows another one, if it differs.
    fn next_record(&self, record: &Record) -> Result<Option<Record>, TransportError> {
        let Subscription { name, formerly, .. } = &self.subscription;
        let owns_name = record.name == *name || formerly.contains(&record.name);
        let next = self.selection.succeed(record);
        match record.selections.role_of(&self.selection.digest) {
            SelectionRole::Latest if owns_name => Ok((next != *record).then_some(next)),
            // A process of an earlier deployment opens a subscription that was renamed since.
            SelectionRole::Latest => {
                let name = record.name.clone();
                let next = Record { name, ..next };
                Ok((next != *record).then_some(next))
            }
            SelectionRole::Superseded => Ok(self.may_take_over(record).then_some(next)),
            SelectionRole::Unknown if owns_name => Ok(Some(next)),
            SelectionRole::Unknown => Err(TransportError::configuration(format!(
                "the subscription `{name}` was renamed to `{}`: give the new one another name, or declare \
                 `{}` as a former name of it",
                record.name, record.name
            ))),
        }
    }

    /// Returns whether no process with a later selection is running.
    pub(super) fn may_take_over(&self, record: &Record) -> bool {
        let known = self.durable.known_record();
        known.is_some_and(|(_, unchanged)| {
            unchanged >= record.selections.takeover_timeout(&self.selection.digest)
        })
    }

    fn settings(&self, record: &Record, stream: &StreamInfo) -> ConsumerSettings {
        let shared = &*self.shared;
        ConsumerSettings {
            durable: self.durable.name.clone(),
            filters: Filters::of_subjects(record.filter_subjects.clone()),
            is_2_10: shared.api.is_2_10(),
            ack_wait: record.ack_wait(),
            max_in_flight: self.subscription.max_in_flight,
            max_ack_pending: shared.max_ack_pending_of(&self.subscription),
            max_expires: shared.max_expires(),
            in_memory: shared.stream.settings.storage == StorageType::Memory,
            stream_replicas: stream.settings().int("num_replicas"),
        }
    }

    fn check(
        &self,
        found: &ConsumerInfo,
        record: &Record,
        stream: &StreamInfo,
        warnings: &mut Vec<String>,
    ) -> Result<(), TransportError> {
        let what = describe(&self.shared, &self.durable.name);
        let settings = self.settings(record, stream);
        let mismatch = settings.check(found.settings(), &what, warnings);
        mismatch.into_result(&what)
    }

    /// Creates the consumer. A consumer that existed before continues where it stopped.
    async fn create(
        &self,
        stored: &Stored<Record>,
        stream: &StreamInfo,
    ) -> Result<ConsumerInfo, TransportError> {
        let (shared, name) = (&*self.shared, &self.durable.name);
        let settled = self.durable.settled().max(stored.value.settled);
        let start = match settled {
            Some(settled) => json!({
                "deliver_policy": "by_start_sequence",
                "opt_start_seq": settled + 1,
            }),
            None => start_settings(self.subscription.start),
        };
        let Value::Object(start) = start else {
            return Err(TransportError::configuration(
                "the start settings are not an object",
            ));
        };
        let config = self.settings(&stored.value, stream).config(start);
        let Some(info) = ConsumerInfo::create(shared, name, &config).await? else {
            let found = ConsumerInfo::look_up(shared, name).await?;
            return found.ok_or_else(|| {
                let what = describe(shared, name);
                TransportError::unavailable(format!(
                    "other processes keep creating and deleting {what}"
                ))
            });
        };
        self.log_creation(settled, &info);
        if settled.is_none() && self.subscription.start == Some(StartPosition::New) {
            // The server does not tell the start position until a message is settled.
            let record = Record {
                settled: Some(stream.state.last_seq),
                ..stored.value.clone()
            };
            self.durable
                .write(&shared.state, stored.revision, record)
                .await?;
        }
        Ok(info)
    }

    fn log_creation(&self, settled: Option<u64>, info: &ConsumerInfo) {
        let (name, durable) = (&self.subscription.name, &self.durable.name);
        let messages = info.num_pending;
        // A position of 0 means that the stream was recreated, which was already reported.
        if let Some(settled) = settled.filter(|settled| *settled > 0) {
            warn!(
                subscription = %name, durable = %durable, settled, messages,
                "the consumer was deleted; creating one that continues after the last known settled message"
            );
            self.durable.set_incident(format!(
                "the consumer `{durable}` was deleted: a new one continues after message {settled}, and \
                 delivers again what was settled since"
            ));
        } else if messages > 0 {
            info!(
                subscription = %name, durable = %durable, start = start_text(self.subscription.start),
                messages, "created a durable consumer that starts with stored messages"
            );
        } else {
            info!(
                subscription = %name, durable = %durable, start = start_text(self.subscription.start),
                "created a durable consumer that starts with the next message"
            );
        }
    }

    /// Compares the consumer with the required settings, and updates it if this process has the
    /// latest selection.
    pub(super) async fn reconcile(
        &self,
        mut info: ConsumerInfo,
        record: &Record,
        (stream, warnings): &(StreamInfo, Vec<String>),
    ) -> Result<(), TransportError> {
        let (shared, name) = (&*self.shared, &self.durable.name);
        let mut warnings = warnings.clone();
        self.check(&info, record, stream, &mut warnings)?;
        if record.selections.role_of(&self.selection.digest) == SelectionRole::Latest {
            let settings = self.settings(record, stream);
            // Running processes first learn of a shorter `ack_wait` from the record.
            let ack_wait = info.settings().duration("ack_wait");
            let shortens = self.durable.announced_for() >= ack_wait;
            if let Some(config) = settings.update(&info.config, shortens) {
                info = ConsumerInfo::update(shared, name, &config).await?;
                info!(
                    durable = %name, filter_subjects = ?record.filter_subjects,
                    ack_wait = ?info.settings().duration("ack_wait"), "updated a durable consumer"
                );
                if settings.update(&info.config, shortens).is_some() {
                    return Err(TransportError::configuration(format!(
                        "{}: the server did not update its filters, `ack_wait` or `max_ack_pending`",
                        describe(shared, name)
                    )));
                }
            }
        }
        if info.paused {
            warnings.push(format!(
                "{} is paused: resume it, or wait until `pause_until`",
                describe(shared, name)
            ));
        }
        warnings.extend(shared.state.warning());
        warnings.extend(self.warn_of_age(&info, record, stream).await);
        self.durable.set_info(&info, warnings);
        Ok(())
    }

    /// Returns a warning if unhandled messages are about to reach the maximum age.
    ///
    /// The age is measured at the arrival of the newest message, so that only the clock of the
    /// server matters.
    async fn warn_of_age(
        &self,
        info: &ConsumerInfo,
        record: &Record,
        stream: &StreamInfo,
    ) -> Option<String> {
        let max_age = stream.settings().duration("max_age");
        if max_age.is_zero() || info.num_pending + info.num_ack_pending == 0 {
            return None;
        }
        let Shared {
            api, stream: own, ..
        } = &*self.shared;
        let call = format!("STREAM.MSG.GET.{}", own.settings.name);
        let filters = Filters::of_subjects(record.filter_subjects.clone());
        let request = json!({
            "seq": info.ack_floor.stream_seq + 1,
            "next_by_subj": filters.covering(),
        });
        let found =
            api.call::<StoredMessage>("look up the oldest unhandled message", &call, &request);
        let oldest = found
            .await
            .ok()?
            .ok()?
            .message
            .time
            .parse::<Timestamp>()
            .ok()?;
        let newest = stream.state.last_ts.parse::<Timestamp>().ok()?;
        let age = newest.signed_duration_since(*oldest).to_std().ok()?;
        (age > max_age / 5 * 4).then(|| {
            format!(
                "{} has an unhandled event that is {age:?} old, and the stream deletes events at \
                 {max_age:?}: handle them faster, or raise `max_age`",
                describe(&self.shared, &self.durable.name)
            )
        })
    }

    /// Records the settled position, in case the consumer is deleted.
    pub(super) async fn record_settled(&self) -> Result<(), TransportError> {
        let Shared { state, .. } = &*self.shared;
        let info = ConsumerInfo::look_up(&self.shared, &self.durable.name).await?;
        if let (Some(info), Some((known, _))) = (info, self.durable.known_record()) {
            let settled = info.settled();
            let is_latest =
                known.value.selections.role_of(&self.selection.digest) == SelectionRole::Latest;
            if is_latest && known.value.settled < settled {
                let record = Record {
                    settled,
                    ..known.value
                };
                let writing = self.durable.write(state, known.revision, record);
                let written = writing.await?.is_some();
                debug!(durable = %self.durable.name, written, "recorded the settled position");
            }
        }
        Ok(())
    }
}

/// Formats a start position in the syntax of `#[handles]`.
fn start_text(start: Option<StartPosition>) -> String {
    match start {
        Some(StartPosition::New) => "new".to_owned(),
        Some(StartPosition::Time(time)) => time.to_string(),
        _ => "oldest".to_owned(),
    }
}

/// Returns the settings of a new consumer that starts at a position.
fn start_settings(start: Option<StartPosition>) -> Value {
    match start {
        Some(StartPosition::New) => json!({ "deliver_policy": "new" }),
        Some(StartPosition::Time(time)) => json!({
            "deliver_policy": "by_start_time",
            // The server refuses leap seconds, so this converts them to the following second.
            "opt_start_time": Timestamp::from(SystemTime::from(*time)).to_string(),
        }),
        _ => json!({ "deliver_policy": "all" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_time_has_no_leap_second() {
        for (time, expected) in [
            ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z"),
            ("2017-01-01T01:30:00.50+01:30", "2017-01-01T00:00:00.500Z"),
        ] {
            let start = Some(StartPosition::Time(time.parse().unwrap()));
            let settings = start_settings(start);
            let written: Timestamp = settings["opt_start_time"]
                .as_str()
                .unwrap()
                .parse()
                .unwrap();
            let expected: Timestamp = expected.parse().unwrap();
            assert_eq!(written.to_utc(), expected.to_utc());
        }
    }
}
