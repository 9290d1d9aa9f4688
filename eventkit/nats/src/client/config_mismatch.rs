//! The comparison of settings on the server with those that the transport needs.

use std::fmt::{Debug, Display};

use eventkit::transport::TransportError;

/// The settings that differ from what the transport needs.
#[derive(Debug, Default)]
pub(super) struct ConfigMismatch(Vec<String>);

impl ConfigMismatch {
    /// Adds a setting unless it `matches`.
    pub(super) fn expect(
        &mut self,
        matches: bool,
        setting: &str,
        found: impl Display,
        expected: impl Display,
    ) {
        if !matches {
            self.0
                .push(format!("`{setting}` is {found}, expected {expected}"));
        }
    }

    /// Adds a setting unless it has the expected value.
    pub(super) fn expect_eq<T: PartialEq + Debug>(&mut self, setting: &str, found: T, expected: T) {
        let matches = found == expected;
        self.expect(matches, setting, lowercase(found), lowercase(expected));
    }

    /// Returns an error that lists all settings that differ, if any does.
    pub(super) fn into_result(self, subject: &str) -> Result<(), TransportError> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(TransportError::configuration(format!(
            "{subject}: {}",
            self.0.join("; ")
        )))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// Formats a setting as the server does.
pub(super) fn lowercase(value: impl Debug) -> String {
    format!("{value:?}").to_lowercase()
}
