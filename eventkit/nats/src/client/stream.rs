//! The stream: creates it if it does not exist, and checks its settings otherwise.

use std::time::Duration;

use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use eventkit::transport::TransportError;

use super::api::Api;
use super::config_mismatch::{ConfigMismatch, lowercase};
use crate::mapping::subject::covers;

/// The settings of the stream.
#[derive(Debug, Clone)]
pub(super) struct StreamSettings {
    pub(super) name: String,
    pub(super) storage: StorageType,
    pub(super) duplicate_window: Duration,
    pub(super) replicas: Option<usize>,
    pub(super) max_age: Option<Duration>,
    pub(super) max_bytes: Option<u64>,
}

impl StreamSettings {
    fn config(&self, subjects: String) -> Config {
        Config {
            name: self.name.clone(),
            subjects: vec![subjects],
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

    /// Creates the stream, or checks the existing one.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached, or if the stream does not fit.
    pub(super) async fn ensure(&self, api: &Api, prefix: &str) -> Result<(), TransportError> {
        let subjects = format!("{prefix}.>");
        let what = format!("the stream `{}`", self.name);
        let info = format!("STREAM.INFO.{}", self.name);
        let create = format!("STREAM.CREATE.{}", self.name);
        let config = self.config(subjects.clone());
        match api.find_or_create(&what, &info, &create, &config).await? {
            Some(found) => self.check(&found, &subjects),
            None => Ok(()),
        }
    }

    fn check(&self, found: &Config, subjects: &str) -> Result<(), TransportError> {
        let mut mismatch = ConfigMismatch::default();
        mismatch.expect(
            found.subjects.iter().any(|found| covers(found, subjects)),
            "subjects",
            format_args!("{:?}", found.subjects),
            format_args!("[{subjects:?}] or more"),
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
