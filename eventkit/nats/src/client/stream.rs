//! The stream of events, which is created if it does not exist, and checked otherwise.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_nats::jetstream::stream::StorageType;
use eventkit::transport::TransportError;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;
use tracing::warn;

use super::api::Api;
use super::settings::{EventSubjects, Settings, StreamSettings};
use crate::mapping::subject::Filters;
use crate::mapping::subjects::Subjects;

/// The fields of the stream information that the transport reads.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct StreamInfo {
    config: Value,
    /// The creation time of the stream, in the format of the server; it tells the stream from
    /// others with the same name.
    pub(super) created: String,
    pub(super) state: StreamState,
}

/// The contents of a stream.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct StreamState {
    pub(super) bytes: u64,
    pub(super) last_seq: u64,
    /// The time of the newest message.
    #[serde(default)]
    pub(super) last_ts: String,
}

impl StreamInfo {
    pub(super) fn settings(&self) -> Settings<'_> {
        Settings::new(&self.config)
    }
}

/// The stream of events, and its instance that this process uses.
#[derive(Debug)]
pub(super) struct Stream {
    pub(super) settings: StreamSettings,
    /// All subjects, for a new stream.
    all_subjects: Vec<String>,
    /// The subjects of events, which an existing stream must store.
    event_subjects: EventSubjects,
    created: Mutex<Option<String>>,
    last_look: tokio::sync::Mutex<Option<(Instant, Found)>>,
}

/// An existing stream, and warnings for operators.
pub(super) type Found = (StreamInfo, Vec<String>);

/// How long consumers share a check of the stream.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

impl Stream {
    pub(super) fn new(settings: StreamSettings, subjects: &Subjects) -> Self {
        let event_subjects = EventSubjects {
            received: subjects.received().to_vec(),
            published: subjects.published(),
        };
        let all = [subjects.of_events(), subjects.of_services()].concat();
        Self {
            settings,
            all_subjects: Filters::new(all).into_vec(),
            event_subjects,
            created: Mutex::default(),
            last_look: tokio::sync::Mutex::default(),
        }
    }

    /// Creates the stream, or checks the existing one; returns it with warnings for operators.
    ///
    /// If a file-based stream was deleted while this process used it, it is not created again: its
    /// events are lost, and an operator must be told.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached, or if the stream does not fit or was deleted.
    pub(super) async fn ensure(&self, api: &Api) -> Result<Found, TransportError> {
        let StreamSettings { name, storage, .. } = &self.settings;
        let what = format!("the stream `{name}`");
        // The second iteration finds what another process created during the first one.
        for _ in 0..2 {
            if let Some(found) = self.look_up(api).await? {
                return Ok(found);
            }
            if self.settings.must_exist {
                return Err(TransportError::configuration(format!(
                    "{what} does not exist, and this client opens only an existing stream"
                )));
            }
            let was_deleted = self.created().is_some();
            if was_deleted && *storage == StorageType::File {
                return Err(self.deleted());
            }
            let (call, config) = (
                format!("STREAM.CREATE.{name}"),
                self.settings.config(&self.all_subjects),
            );
            if let Some(created) = api.create::<StreamInfo>(&what, &call, &config).await? {
                if was_deleted {
                    warn!(stream = %name, "the stream was lost; creating it again without its events");
                }
                self.set_created(&created.created);
                return Ok((created, Vec::new()));
            }
        }
        Err(TransportError::unavailable(format!(
            "other processes keep creating and deleting {what}"
        )))
    }

    /// Checks the stream again while it is in use. Consumers that do so at the same time share a
    /// check.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached, or if the stream does not fit or was deleted.
    pub(super) async fn look(&self, api: &Api) -> Result<Found, TransportError> {
        let mut last = self.last_look.lock().await;
        if let Some((at, found)) = &*last
            && at.elapsed() < LOOK_INTERVAL
        {
            return Ok(found.clone());
        }
        let found = self.look_up(api).await?.ok_or_else(|| self.deleted())?;
        *last = Some((Instant::now(), found.clone()));
        Ok(found)
    }

    /// Returns the error for a stream that was deleted while this process used it.
    fn deleted(&self) -> TransportError {
        let name = &self.settings.name;
        if self.settings.storage == StorageType::Memory {
            return TransportError::unavailable(format!("the stream `{name}` no longer exists"));
        }
        TransportError::configuration(format!(
            "the stream `{name}` was deleted while this process used it, with all events in it: restore \
             it, or start the process again to create an empty one"
        ))
    }

    /// Looks up the stream and checks it; `None` if it does not exist.
    async fn look_up(&self, api: &Api) -> Result<Option<Found>, TransportError> {
        let name = &self.settings.name;
        let what = format!("the stream `{name}`");
        let call = format!("STREAM.INFO.{name}");
        let Some(found) = api.look_up::<StreamInfo>(&what, &call).await? else {
            return Ok(None);
        };
        let mut warnings = Vec::new();
        let mismatch = self
            .settings
            .check(found.settings(), &self.event_subjects, &mut warnings);
        mismatch.into_result(&what)?;
        if self
            .created()
            .is_some_and(|created| created != found.created)
        {
            warn!(stream = %name, "the stream was deleted and recreated; its earlier events are lost");
        }
        self.set_created(&found.created);
        warnings.extend(self.warn_of_size(&found));
        Ok(Some((found, warnings)))
    }

    /// Returns a warning if the stream has nearly reached its maximum size.
    fn warn_of_size(&self, found: &StreamInfo) -> Option<String> {
        let max_bytes = u64::try_from(found.settings().int("max_bytes")).ok()?;
        (max_bytes > 0 && found.state.bytes > max_bytes / 10 * 9).then(|| {
            format!(
                "the stream `{}` has {} of at most {max_bytes} bytes: enlarge `max_bytes`, or publishing \
                 fails",
                self.settings.name, found.state.bytes
            )
        })
    }

    fn created(&self) -> Option<String> {
        let created = self.created.lock().unwrap_or_else(PoisonError::into_inner);
        created.clone()
    }

    fn set_created(&self, created: &str) {
        let mut own = self.created.lock().unwrap_or_else(PoisonError::into_inner);
        *own = Some(created.to_owned());
    }
}
