//! The durable consumer: creates it if it does not exist, and checks its settings otherwise.

use async_nats::jetstream::consumer::{AckPolicy, Config, DeliverPolicy, ReplayPolicy};
use eventkit::transport::{Subscription, TransportError};
use serde_json::json;

use super::api::Info;
use super::config_mismatch::ConfigMismatch;
use super::error::error_response;
use super::shared::Shared;
use crate::mapping::subject::Filters;

/// The durable consumer that a subscription needs.
#[derive(Debug)]
pub(super) struct ConsumerSpec<'a> {
    pub(super) shared: &'a Shared,
    pub(super) subscription: &'a Subscription,
    pub(super) filters: Filters,
}

impl ConsumerSpec<'_> {
    /// Creates the consumer, or checks the existing one.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached, or if the consumer does not fit.
    pub(super) async fn ensure(self) -> Result<(), TransportError> {
        let name = &self.subscription.name;
        let Shared { api, stream, .. } = self.shared;
        let consumer = format!("the consumer `{name}` of the stream `{}`", stream.name);
        let info = format!("CONSUMER.INFO.{}.{name}", stream.name);
        let (create, body) = self.create_call(&self.config(), "create");
        match api.find_or_create(&consumer, &info, &create, &body).await? {
            Some(found) => self.check(&found, &consumer).await,
            None => Ok(()),
        }
    }

    /// Returns the call of the API that creates or updates the consumer, and its body; servers before
    /// 2.10 ignore the `action`.
    fn create_call(&self, config: &Config, action: &str) -> (String, serde_json::Value) {
        let stream = &self.shared.stream.name;
        let mut call = format!("CONSUMER.CREATE.{stream}.{}", self.subscription.name);
        if !config.filter_subject.is_empty() {
            call.push('.');
            call.push_str(&config.filter_subject);
        }
        let body = json!({ "stream_name": stream, "config": config, "action": action });
        (call, body)
    }

    fn config(&self) -> Config {
        let mut config = Config {
            durable_name: Some(self.subscription.name.clone()),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.subscription.ack_wait,
            // The service decides when to stop redelivering.
            max_deliver: -1,
            replay_policy: ReplayPolicy::Instant,
            max_ack_pending: self.shared.max_ack_pending.try_into().unwrap_or(i64::MAX),
            ..Config::default()
        };
        let filters = self.filters.as_slice();
        if filters.len() > 1 && self.shared.api.is_2_10() && self.filters.are_disjoint() {
            config.filter_subjects = filters.to_vec();
        } else {
            config.filter_subject = self.filters.covering();
        }
        config
    }

    async fn check(&self, found: &Config, consumer: &str) -> Result<(), TransportError> {
        let api = &self.shared.api;
        let mismatch = self.mismatch(found);
        if mismatch.is_empty() || !self.shared.updates_consumers {
            return mismatch.into_result(consumer);
        }
        // Older servers accept new filters, and then skip messages that these select.
        if !api.is_2_10() && !self.matches_filters(found) {
            return mismatch.into_result(&format!(
                "{consumer}, whose filters a server before 2.10 cannot update"
            ));
        }
        let expected = self.config();
        let config = Config {
            ack_wait: expected.ack_wait,
            max_deliver: expected.max_deliver,
            max_ack_pending: expected.max_ack_pending,
            filter_subject: expected.filter_subject,
            filter_subjects: expected.filter_subjects,
            backoff: Vec::new(),
            ..found.clone()
        };
        let operation = format!("update {consumer}");
        let (call, body) = self.create_call(&config, "update");
        let updated: Result<Info<Config>, _> = api.call(&operation, &call, &body).await?;
        let updated = updated.map_err(|error| error_response(&operation, error))?;
        self.mismatch(&updated.config).into_result(consumer)
    }

    fn mismatch(&self, found: &Config) -> ConfigMismatch {
        let mut mismatch = ConfigMismatch::default();
        let deliver = found.deliver_subject.as_deref();
        mismatch.expect(
            deliver.is_none(),
            "deliver_subject",
            deliver.unwrap_or_default(),
            "none, as pull consumers have",
        );
        mismatch.expect_eq("ack_policy", found.ack_policy, AckPolicy::Explicit);
        mismatch.expect_eq("ack_wait", found.ack_wait, self.subscription.ack_wait);
        mismatch.expect(
            found.max_deliver <= 0,
            "max_deliver",
            found.max_deliver,
            "-1, since the service decides when to stop",
        );
        mismatch.expect_eq("headers_only", found.headers_only, false);
        mismatch.expect(
            found.backoff.is_empty(),
            "backoff",
            format_args!("{:?}", found.backoff),
            "none, since it replaces `ack_wait`",
        );
        let max_in_flight = self.subscription.max_in_flight;
        mismatch.expect(
            usize::try_from(found.max_ack_pending).map_or(true, |max| max >= max_in_flight),
            "max_ack_pending",
            found.max_ack_pending,
            format_args!("{max_in_flight} or more, the `max_in_flight` of the subscription"),
        );
        mismatch.expect(
            self.matches_filters(found),
            "filter_subjects",
            format_args!("{:?}", filters_of(found)),
            format_args!("{:?}", self.filters.as_slice()),
        );
        mismatch
    }

    /// Returns whether the filters are the expected ones, or the one that covers them, which a
    /// consumer that was created on a server before 2.10 keeps.
    fn matches_filters(&self, found: &Config) -> bool {
        let found = filters_of(found);
        found == self.filters.as_slice() || found == [self.filters.covering()]
    }
}

fn filters_of(config: &Config) -> Vec<String> {
    let mut filters = config.filter_subjects.clone();
    filters.extend((!config.filter_subject.is_empty()).then(|| config.filter_subject.clone()));
    filters.sort_unstable();
    filters
}
