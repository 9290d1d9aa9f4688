//! The stream: made where it is absent, and checked where it is there.

use std::time::Duration;

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy, StorageType};
use serde::Deserialize;

use super::api::{Api, refused};
use super::differences::Differences;
use super::subject::covers;
use eventkit::transport::TransportError;

/// Says where a stream that does not exist yet keeps its messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Storage {
    /// In files, which a restart of the server does not lose.
    #[default]
    File,
    /// In the memory of the server: a restart loses everything.
    Memory,
}

/// What the stream is made with.
#[derive(Debug, Clone)]
pub(super) struct StreamSettings {
    pub(super) name: String,
    pub(super) storage: Storage,
    pub(super) duplicate_window: Duration,
    pub(super) replicas: Option<usize>,
    pub(super) max_age: Option<Duration>,
    pub(super) max_bytes: Option<u64>,
}

/// What the API says of a stream or a consumer, as far as it matters here.
#[derive(Debug, Deserialize)]
pub(super) struct Found<C> {
    pub(super) config: C,
}

impl StreamSettings {
    fn storage_type(&self) -> StorageType {
        match self.storage {
            Storage::File => StorageType::File,
            Storage::Memory => StorageType::Memory,
        }
    }

    fn config(&self, subjects: String) -> Config {
        Config {
            name: self.name.clone(),
            subjects: vec![subjects],
            retention: RetentionPolicy::Limits,
            storage: self.storage_type(),
            // Where there is a limit, a full stream refuses what comes and keeps what it has.
            discard: DiscardPolicy::New,
            duplicate_window: self.duplicate_window,
            num_replicas: self.replicas.unwrap_or(1),
            max_age: self.max_age.unwrap_or_default(),
            max_bytes: self
                .max_bytes
                .map_or(-1, |most| most.try_into().unwrap_or(i64::MAX)),
            max_messages: -1,
            max_messages_per_subject: -1,
            max_consumers: -1,
            ..Config::default()
        }
    }

    /// Makes the stream, or checks the one that is there.
    pub(super) async fn ensure(&self, api: &Api, prefix: &str) -> Result<(), TransportError> {
        let subjects = format!("{prefix}.>");
        // A stream that another process makes meanwhile is found in the second round.
        for _ in 0..2 {
            let what = format!("ask for the stream `{}`", self.name);
            let subject = format!("STREAM.INFO.{}", self.name);
            match api.look::<Found<Config>>(&what, &subject).await? {
                Ok(found) => return self.check(&found.config, &subjects),
                Err(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND => {}
                Err(error) => return Err(refused(what, error)),
            }
            let what = format!("make the stream `{}`", self.name);
            let subject = format!("STREAM.CREATE.{}", self.name);
            let config = self.config(subjects.clone());
            match api.tell::<Found<Config>>(&what, &subject, &config).await? {
                Ok(_) => return Ok(()),
                Err(error) if error.error_code() == ErrorCode::STREAM_NAME_EXIST => {}
                Err(error) => return Err(refused(what, error)),
            }
        }
        let what = format!("the stream `{}` comes and goes", self.name);
        Err(super::unavailable(what))
    }

    fn check(&self, found: &Config, subjects: &str) -> Result<(), TransportError> {
        let mut differences = Differences::default();
        differences.expect(
            found.subjects.iter().any(|own| covers(own, subjects)),
            "subjects",
            format_args!("{:?}", found.subjects),
            format_args!("[{subjects:?}] or more"),
        );
        differences.expect(
            found.storage == self.storage_type(),
            "storage",
            lower(found.storage),
            lower(self.storage_type()),
        );
        differences.expect(
            found.retention == RetentionPolicy::Limits,
            "retention",
            lower(found.retention),
            "limits, since others drop what a later handler would want",
        );
        differences.expect(!found.no_ack, "no_ack", true, false);
        differences.expect(!found.sealed, "sealed", true, false);
        differences.expect(
            found.duplicate_window >= self.duplicate_window,
            "duplicate_window",
            format_args!("{:?}", found.duplicate_window),
            format_args!("{:?} or more", self.duplicate_window),
        );
        if let Some(wanted) = self.replicas {
            let found = found.num_replicas;
            differences.expect(found == wanted, "num_replicas", found, wanted);
        }
        if let Some(wanted) = self.max_age {
            let (is_right, found) = (found.max_age == wanted, found.max_age);
            let (found, wanted) = (format!("{found:?}"), format!("{wanted:?}"));
            differences.expect(is_right, "max_age", found, wanted);
        }
        if let Some(wanted) = self.max_bytes {
            let is_right = u64::try_from(found.max_bytes) == Ok(wanted);
            differences.expect(is_right, "max_bytes", found.max_bytes, wanted);
        }
        if differences.is_empty() {
            return Ok(());
        }
        Err(differences.into_error(&format!("the stream `{}`", self.name)))
    }
}

/// Writes a setting as the server does.
pub(super) fn lower(value: impl std::fmt::Debug) -> String {
    format!("{value:?}").to_lowercase()
}
