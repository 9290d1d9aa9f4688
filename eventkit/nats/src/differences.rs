//! What stands on the server, held against what is wanted.

use std::fmt::Display;

use eventkit::transport::{TransportError, TransportErrorKind};

/// Collects each setting that is not as it has to be.
#[derive(Debug, Default)]
pub(super) struct Differences(Vec<String>);

impl Differences {
    /// Notes a setting unless it is right.
    pub(super) fn expect(
        &mut self,
        is_right: bool,
        setting: &str,
        found: impl Display,
        wanted: impl Display,
    ) {
        if !is_right {
            self.0
                .push(format!("`{setting}` is {found}, wanted is {wanted}"));
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says all of them.
    pub(super) fn into_error(self, of: &str) -> TransportError {
        let all = self.0.join("; ");
        TransportError::new(TransportErrorKind::Configuration, format!("{of}: {all}"))
    }
}
