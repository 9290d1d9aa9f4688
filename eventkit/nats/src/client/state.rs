//! The state stream, which is stored next to the user's stream and contains everything that must
//! outlive a process.
//!
//! It keeps the last message of each subject. The leader of the stream answers reads, and a write
//! can require that nothing else was written meanwhile.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::RawMessage;
use async_nats::{HeaderMap, header};
use bytes::Bytes;
use eventkit::transport::TransportError;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::timeout;

use super::api::{Api, parse_publish_ack};
use super::error::error_response;
use super::settings::ConfigMismatch;
use super::stream::StreamInfo;

/// The prefix of the stream and its subjects, followed by the name of the user's stream.
const PREFIX: &str = "eventkit-";

/// The transport's own stream.
#[derive(Debug)]
pub(super) struct StateStore {
    api: Api,
    stream: String,
    warning: Mutex<Option<String>>,
}

/// A value, and its revision, with which a later write can replace exactly this value.
#[derive(Debug, Clone)]
pub(super) struct Stored<T> {
    pub(super) value: T,
    pub(super) revision: u64,
}

#[derive(Debug, Deserialize)]
struct StoredMessage {
    message: RawMessage,
}

/// One page of the subjects of a stream.
#[derive(Debug, Deserialize)]
struct SubjectsPage {
    #[serde(default)]
    total: usize,
    state: SubjectsState,
}

#[derive(Debug, Deserialize)]
struct SubjectsState {
    /// The number of messages of each subject; servers send `null` instead of an empty map.
    #[serde(default)]
    subjects: Option<BTreeMap<String, u64>>,
}

impl StateStore {
    pub(super) fn new(api: Api, user_stream: &str) -> Self {
        Self {
            api,
            stream: format!("{PREFIX}{user_stream}"),
            warning: Mutex::default(),
        }
    }

    /// Creates the stream with the storage and replicas of the user's stream, or checks the
    /// existing one.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached, or if the existing stream does not fit.
    pub(super) async fn ensure(&self, user: &StreamInfo) -> Result<(), TransportError> {
        let stream = &self.stream;
        let what = format!("the stream `{stream}`");
        let (storage, replicas) = (
            user.settings().text("storage"),
            user.settings().int("num_replicas"),
        );
        // The second iteration finds what another process created during the first one.
        for _ in 0..2 {
            let call = format!("STREAM.INFO.{stream}");
            if let Some(found) = self.api.look_up::<StreamInfo>(&what, &call).await? {
                self.check(&found, &what)?;
                let found = found.settings().int("num_replicas");
                self.set_warning((found < replicas).then(|| {
                    format!("{what} has {found} replicas: give it {replicas}, as many as the stream of events has")
                }));
                return Ok(());
            }
            let config = json!({
                "name": stream,
                "subjects": [format!("{stream}.>")],
                "retention": "limits",
                "discard": "old",
                "storage": storage,
                "num_replicas": replicas,
                "max_msgs_per_subject": 1,
                "max_consumers": -1,
                "max_msgs": -1,
                "max_bytes": -1,
                "max_age": 0,
            });
            let call = format!("STREAM.CREATE.{stream}");
            if self
                .api
                .create::<StreamInfo>(&what, &call, &config)
                .await?
                .is_some()
            {
                return Ok(());
            }
        }
        Err(TransportError::unavailable(format!(
            "other processes keep creating and deleting {what}"
        )))
    }

    /// Returns a warning for operators, if there is one.
    pub(super) fn warning(&self) -> Option<String> {
        let warning = self.warning.lock().unwrap_or_else(PoisonError::into_inner);
        warning.clone()
    }

    fn set_warning(&self, warning: Option<String>) {
        *self.warning.lock().unwrap_or_else(PoisonError::into_inner) = warning;
    }

    fn check(&self, found: &StreamInfo, what: &str) -> Result<(), TransportError> {
        let found = found.settings();
        let mut mismatch = ConfigMismatch::default();
        mismatch.expect_eq(
            "subjects",
            found.texts("subjects"),
            vec![format!("{}.>", self.stream)],
        );
        mismatch.expect_eq("max_msgs_per_subject", found.int("max_msgs_per_subject"), 1);
        for limit in ["max_age", "max_msgs", "max_bytes"] {
            mismatch.expect(found.int(limit) <= 0, limit, found.int(limit), "none");
        }
        for refused in ["sealed", "deny_delete", "no_ack", "discard_new_per_subject"] {
            mismatch.expect_eq(refused, found.flag(refused), false);
        }
        mismatch.into_result(what)
    }

    /// Returns the value of a key.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached, or if this version cannot read the value.
    pub(super) async fn get<T: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<Stored<T>>, TransportError> {
        let operation = format!("read `{}`", self.subject(key));
        let Some(message) = self.find(&operation, key).await? else {
            return Ok(None);
        };
        let revision = message.sequence;
        let unreadable = || {
            TransportError::configuration(format!(
                "failed to {operation}: this transport did not write the value"
            ))
        };
        let message = StreamMessage::try_from(message)
            .map_err(|error| unreadable().with_source(error.to_string()))?;
        let value = serde_json::from_slice(&message.payload)
            .map_err(|error| unreadable().with_source(error))?;
        Ok(Some(Stored { value, revision }))
    }

    /// Returns the message with the value of a key.
    async fn find(&self, operation: &str, key: &str) -> Result<Option<RawMessage>, TransportError> {
        let call = format!("STREAM.MSG.GET.{}", self.stream);
        let request = json!({ "last_by_subj": self.subject(key) });
        let found: Result<StoredMessage, _> = self.api.call(operation, &call, &request).await?;
        match found {
            Ok(StoredMessage { message }) => Ok(Some(message)),
            Err(error) if error.error_code() == ErrorCode::NO_MESSAGE_FOUND => Ok(None),
            Err(error) => Err(error_response(operation, error)),
        }
    }

    /// Stores a value, replacing any other.
    ///
    /// # Errors
    ///
    /// Returns an error if the server did not confirm the write.
    pub(super) async fn put(
        &self,
        key: &str,
        value: &impl Serialize,
    ) -> Result<(), TransportError> {
        let operation = format!("write `{}`", self.subject(key));
        self.write(&operation, key, value, None).await.map(drop)
    }

    /// Sends a value to be stored, without waiting for a confirmation.
    ///
    /// # Errors
    ///
    /// Returns an error if the client cannot send.
    pub(super) async fn send(
        &self,
        key: &str,
        value: &impl Serialize,
    ) -> Result<(), TransportError> {
        let subject = self.subject(key);
        let operation = format!("write `{subject}`");
        let body = serialize(&operation, value)?;
        let sent = timeout(self.api.timeout, self.api.client.publish(subject, body));
        let failed = || TransportError::unavailable(format!("failed to {operation}"));
        let sent = sent.await.map_err(|_| failed())?;
        sent.map_err(|error| failed().with_source(error.to_string()))
    }

    /// Replaces the value of a `revision`, or creates it if the revision is 0. Returns the new
    /// revision, or `None` if another value was stored meanwhile.
    ///
    /// # Errors
    ///
    /// Returns an error if the server did not confirm the write.
    pub(super) async fn replace(
        &self,
        key: &str,
        revision: u64,
        value: &impl Serialize,
    ) -> Result<Option<u64>, TransportError> {
        let operation = format!("write `{}`", self.subject(key));
        self.write(&operation, key, value, Some(revision)).await
    }

    async fn write(
        &self,
        operation: &str,
        key: &str,
        value: &impl Serialize,
        expected: Option<u64>,
    ) -> Result<Option<u64>, TransportError> {
        let body = serialize(operation, value)?;
        let mut headers = HeaderMap::new();
        headers.insert(header::NATS_EXPECTED_STREAM, self.stream.as_str());
        if let Some(revision) = expected {
            let name = header::NATS_EXPECTED_LAST_SUBJECT_SEQUENCE;
            headers.insert(name, revision.to_string());
        }
        let subject = self.subject(key);
        let response = self.api.request(operation, &subject, Some(headers), body);
        match parse_publish_ack(operation, &response.await?.payload)? {
            Ok(ack) => Ok(Some(ack.sequence)),
            Err(error) if error.error_code() == ErrorCode::STREAM_WRONG_LAST_SEQUENCE => Ok(None),
            Err(error) => Err(error_response(operation, error)),
        }
    }

    /// Deletes the value of a key, if there is one.
    ///
    /// Deletes by sequence instead of purging the subject: in a cluster, a server before 2.9.18 that restarts after
    /// such a purge may purge the entire stream.
    ///
    /// # Errors
    ///
    /// Returns an error if the server did not confirm the deletion.
    pub(super) async fn delete(&self, key: &str) -> Result<(), TransportError> {
        let operation = format!("delete `{}`", self.subject(key));
        let Some(message) = self.find(&operation, key).await? else {
            return Ok(());
        };
        let sequence = message.sequence;
        let deleting = self.api.delete_message(&operation, &self.stream, sequence);
        let Err(error) = deleting.await? else {
            return Ok(());
        };
        // Another process may have deleted or replaced the message meanwhile.
        let left = self.find(&operation, key).await?;
        if left.is_some_and(|left| left.sequence == sequence) {
            return Err(error_response(&operation, error));
        }
        Ok(())
    }

    /// Returns the keys that match a filter; none if the stream does not exist.
    ///
    /// # Errors
    ///
    /// Returns an error if the server cannot be reached.
    pub(super) async fn keys(&self, filter: &str) -> Result<Vec<String>, TransportError> {
        let what = format!("the subjects of the stream `{}`", self.stream);
        let operation = format!("list {what}");
        let call = format!("STREAM.INFO.{}", self.stream);
        let mut keys = Vec::new();
        loop {
            let offset = keys.len();
            let request = json!({ "subjects_filter": self.subject(filter), "offset": offset });
            let page: Result<SubjectsPage, _> = self.api.call(&operation, &call, &request).await?;
            let page = match page {
                Ok(page) => page,
                Err(error) if error.error_code() == ErrorCode::STREAM_NOT_FOUND => return Ok(keys),
                Err(error) => return Err(error_response(&operation, error)),
            };
            let subjects = page.state.subjects.unwrap_or_default();
            let prefix = self.subject("");
            keys.extend(
                subjects
                    .into_keys()
                    .filter_map(|subject| subject.strip_prefix(&prefix).map(str::to_owned)),
            );
            if keys.len() == offset || keys.len() >= page.total {
                return Ok(keys);
            }
        }
    }

    fn subject(&self, key: &str) -> String {
        format!("{}.{key}", self.stream)
    }
}

fn serialize(operation: &str, value: &impl Serialize) -> Result<Bytes, TransportError> {
    let body = serde_json::to_vec(value);
    body.map(Bytes::from).map_err(|error| {
        TransportError::configuration(format!("failed to {operation}")).with_source(error)
    })
}
