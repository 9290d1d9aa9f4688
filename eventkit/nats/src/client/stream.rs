//! The stream: creates it if it does not exist, and checks its settings otherwise.

use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use eventkit::transport::TransportError;
use serde_json::json;

use super::api::{Api, Info};
use super::config_mismatch::{ConfigMismatch, lowercase};
use super::error::error_response;
use crate::mapping::subject::{Filters, covers};
use crate::mapping::subjects::Subjects;

/// The settings of the stream.
#[derive(Debug, Clone)]
pub(super) struct StreamSettings {
    pub(super) name: String,
    /// Whether an absent stream is an error, and not created.
    pub(super) must_exist: bool,
    pub(super) storage: StorageType,
    pub(super) duplicate_window: Duration,
    pub(super) replicas: Option<usize>,
    pub(super) max_age: Option<Duration>,
    pub(super) max_bytes: Option<u64>,
}

impl StreamSettings {
    fn config(&self, subjects: Vec<String>) -> Config {
        Config {
            name: self.name.clone(),
            subjects,
            retention: RetentionPolicy::Limits,
            storage: self.storage,
            // A full stream refuses new messages, and deletes none.
            discard: DiscardPolicy::New,
            duplicate_window: self.duplicate_window,
            num_replicas: self.replicas.unwrap_or(1),
            max_age: self.max_age.unwrap_or_default(),
            max_bytes: self
                .max_bytes
                .map_or(-1, |max| max.try_into().unwrap_or(i64::MAX)),
            max_messages: -1,
            max_messages_per_subject: -1,
            max_consumers: -1,
            ..Config::default()
        }
    }

    /// Creates the stream, or checks the existing one; returns the subjects that it stores.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached, or if the stream does not fit.
    pub(super) async fn ensure(
        &self,
        api: &Api,
        subjects: &Subjects,
    ) -> Result<Vec<String>, TransportError> {
        let what = format!("the stream `{}`", self.name);
        let info = format!("STREAM.INFO.{}", self.name);
        if self.must_exist {
            let found = self.look_up(api, &what, &info).await?;
            self.check(&found, subjects)?;
            return Ok(found.subjects);
        }
        let create = format!("STREAM.CREATE.{}", self.name);
        let own = [subjects.of_events(), subjects.of_services()].concat();
        let config = self.config(Filters::new(own).into_vec());
        match api.find_or_create(&what, &info, &create, &config).await? {
            Some(found) => {
                self.check(&found, subjects)?;
                Ok(found.subjects)
            }
            None => Ok(config.subjects),
        }
    }

    async fn look_up(&self, api: &Api, what: &str, info: &str) -> Result<Config, TransportError> {
        let operation = format!("look up {what}");
        let found: Result<Info<Config>, _> = api.call(&operation, info, &json!({})).await?;
        match found {
            Ok(Info { config }) => Ok(config),
            Err(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {
                Err(TransportError::configuration(format!(
                    "{what} does not exist, and `NatsBuilder::existing_stream` requires it"
                )))
            }
            Err(error) => Err(error_response(&operation, error)),
        }
    }

    fn check(&self, found: &Config, subjects: &Subjects) -> Result<(), TransportError> {
        let mut mismatch = ConfigMismatch::default();
        let mut missing = subjects.of_events();
        missing.retain(|own| !found.subjects.iter().any(|found| covers(found, own)));
        mismatch.expect(
            missing.is_empty(),
            "subjects",
            format_args!("{:?}", found.subjects),
            format_args!("{missing:?} or more"),
        );
        mismatch.expect_eq("storage", found.storage, self.storage);
        mismatch.expect(
            found.retention == RetentionPolicy::Limits,
            "retention",
            lowercase(found.retention),
            "limits, which keeps events for handlers that are added later",
        );
        mismatch.expect_eq("no_ack", found.no_ack, false);
        mismatch.expect_eq("sealed", found.sealed, false);
        mismatch.expect(
            found.duplicate_window >= self.duplicate_window,
            "duplicate_window",
            format_args!("{:?}", found.duplicate_window),
            format_args!("{:?} or more", self.duplicate_window),
        );
        if let Some(expected) = self.replicas {
            mismatch.expect_eq("num_replicas", found.num_replicas, expected);
        }
        if let Some(expected) = self.max_age {
            mismatch.expect_eq("max_age", found.max_age, expected);
        }
        if let Some(expected) = self.max_bytes {
            let matches = u64::try_from(found.max_bytes) == Ok(expected);
            mismatch.expect(matches, "max_bytes", found.max_bytes, expected);
        }
        mismatch.into_result(&format!("the stream `{}`", self.name))
    }
}
