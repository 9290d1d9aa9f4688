//! The durable consumer on the server: made where it is absent, and checked where it is there.

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::consumer::{AckPolicy, Config, DeliverPolicy, ReplayPolicy};
use serde_json::json;

use super::api::{Api, refused};
use super::differences::Differences;
use super::stream::{Found, lower};
use super::subject::Filters;
use eventkit::transport::{Subscription, TransportError};

/// What the consumer is made with.
#[derive(Debug)]
pub(super) struct Durable<'a> {
    pub(super) stream: &'a str,
    pub(super) subscription: &'a Subscription,
    pub(super) filters: Filters,
    pub(super) max_unsettled: usize,
    /// Whether settings that are found to differ are changed, where the server can.
    pub(super) updates: bool,
}

impl Durable<'_> {
    /// Makes the consumer, or checks the one that is there.
    pub(super) async fn ensure(self, api: &Api) -> Result<(), TransportError> {
        let name = &self.subscription.name;
        let of = format!("the consumer `{name}` of the stream `{}`", self.stream);
        // A consumer that another process makes meanwhile is found in the second round.
        for _ in 0..2 {
            let what = format!("ask for {of}");
            let subject = format!("CONSUMER.INFO.{}.{name}", self.stream);
            match api.look::<Found<Config>>(&what, &subject).await? {
                Ok(found) => return self.check(api, &found.config, &of).await,
                Err(error) if error.error_code() == ErrorCode::CONSUMER_NOT_FOUND => {}
                Err(error) => return Err(refused(what, error)),
            }
            let what = format!("make {of}");
            let config = self.config(api);
            match self.send(api, &what, &config, "create").await? {
                Ok(_) => return Ok(()),
                Err(error) if error.error_code() == ErrorCode::CONSUMER_ALREADY_EXISTS => {}
                Err(error) => return Err(refused(what, error)),
            }
        }
        Err(super::unavailable(format!("{of} comes and goes")))
    }

    /// Makes or changes the consumer; servers before 2.10 do not tell the two apart.
    async fn send(
        &self,
        api: &Api,
        what: &str,
        config: &Config,
        action: &str,
    ) -> Result<Result<Found<Config>, async_nats::jetstream::Error>, TransportError> {
        let name = &self.subscription.name;
        let mut subject = format!("CONSUMER.CREATE.{}.{name}", self.stream);
        if !config.filter_subject.is_empty() {
            subject.push('.');
            subject.push_str(&config.filter_subject);
        }
        let question = json!({ "stream_name": self.stream, "config": config, "action": action });
        api.tell(what, &subject, &question).await
    }

    fn config(&self, api: &Api) -> Config {
        let mut config = Config {
            durable_name: Some(self.subscription.name.clone()),
            deliver_policy: DeliverPolicy::All,
            ack_policy: AckPolicy::Explicit,
            ack_wait: self.subscription.ack_wait,
            // How often is often enough is for the service to say.
            max_deliver: -1,
            replay_policy: ReplayPolicy::Instant,
            max_ack_pending: self.max_unsettled.try_into().unwrap_or(i64::MAX),
            ..Config::default()
        };
        let takes_several = api.is_2_10();
        match self.filters.as_slice() {
            several if several.len() > 1 && takes_several && self.filters.are_disjoint() => {
                config.filter_subjects = several.to_vec();
            }
            _ => config.filter_subject = self.filters.covering(),
        }
        config
    }

    async fn check(&self, api: &Api, found: &Config, of: &str) -> Result<(), TransportError> {
        let differences = self.differences(found);
        if differences.is_empty() {
            return Ok(());
        }
        if !self.updates {
            return Err(differences.into_error(of));
        }
        // Older servers take new filters, and then skip messages that these select.
        if !api.is_2_10() && !self.fits_filters(found) {
            let of = format!("{of}, whose filters a server before 2.10 cannot change");
            return Err(differences.into_error(&of));
        }
        let what = format!("change {of}");
        let mut config = found.clone();
        let wanted = self.config(api);
        config.ack_wait = wanted.ack_wait;
        config.max_deliver = wanted.max_deliver;
        config.max_ack_pending = wanted.max_ack_pending;
        config.filter_subject = wanted.filter_subject;
        config.filter_subjects = wanted.filter_subjects;
        config.backoff = Vec::new();
        let changed = self.send(api, &what, &config, "update").await?;
        let changed = changed.map_err(|error| refused(what, error))?;
        let differences = self.differences(&changed.config);
        if differences.is_empty() {
            Ok(())
        } else {
            Err(differences.into_error(of))
        }
    }

    fn differences(&self, found: &Config) -> Differences {
        let mut differences = Differences::default();
        let deliver = found.deliver_subject.as_deref();
        differences.expect(
            deliver.is_none(),
            "deliver_subject",
            deliver.unwrap_or_default(),
            "none, for a pull consumer",
        );
        differences.expect(
            found.ack_policy == AckPolicy::Explicit,
            "ack_policy",
            lower(found.ack_policy),
            "explicit",
        );
        let wanted = self.subscription.ack_wait;
        differences.expect(
            found.ack_wait == wanted,
            "ack_wait",
            format_args!("{:?}", found.ack_wait),
            format_args!("{wanted:?}"),
        );
        differences.expect(
            found.max_deliver <= 0,
            "max_deliver",
            found.max_deliver,
            "-1, since the service decides",
        );
        differences.expect(!found.headers_only, "headers_only", true, false);
        differences.expect(
            found.backoff.is_empty(),
            "backoff",
            format_args!("{:?}", found.backoff),
            "none, since it stands in for `ack_wait`",
        );
        let in_flight = self.subscription.max_in_flight;
        differences.expect(
            usize::try_from(found.max_ack_pending).map_or(true, |most| most >= in_flight),
            "max_ack_pending",
            found.max_ack_pending,
            format_args!("{in_flight} or more, as many as are in flight"),
        );
        differences.expect(
            self.fits_filters(found),
            "filter_subjects",
            format_args!("{:?}", filters_of(found)),
            format_args!("{:?}", self.filters.as_slice()),
        );
        differences
    }

    /// Returns whether the filters are the wanted ones, or the one that covers them: a consumer
    /// that was made on a server before 2.10 keeps it.
    fn fits_filters(&self, found: &Config) -> bool {
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
