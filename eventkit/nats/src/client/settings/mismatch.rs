//! The comparison of settings on the server with the required ones.

use std::fmt::{Debug, Display};

use eventkit::transport::TransportError;

use super::Settings;

/// The settings that differ from the required ones.
#[derive(Debug, Default)]
pub(crate) struct ConfigMismatch(Vec<String>);

impl ConfigMismatch {
    /// Adds a setting unless it `matches`.
    pub(crate) fn expect(
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
    pub(crate) fn expect_eq<T: PartialEq + Debug>(&mut self, setting: &str, found: T, expected: T) {
        let matches = found == expected;
        self.expect(matches, setting, lowercase(found), lowercase(expected));
    }

    /// Adds a text setting unless it has the expected value.
    pub(crate) fn expect_text(&mut self, setting: &str, found: Settings<'_>, expected: &str) {
        let found = found.text(setting);
        self.expect(found == expected, setting, found, expected);
    }

    /// Returns an error that lists all settings that differ, if there are any.
    pub(crate) fn into_result(self, subject: &str) -> Result<(), TransportError> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(TransportError::configuration(format!(
            "{subject}: {}",
            self.0.join("; ")
        )))
    }
}

/// Formats a setting like the server does.
pub(crate) fn lowercase(value: impl Debug) -> String {
    format!("{value:?}").to_lowercase()
}
