//! The subject settings of a builder.

use std::fmt;

use eventkit::transport::TransportError;

use super::unselected::Unselected;
use crate::mapping::subject::is_token;
use crate::mapping::subjects::{Naming, SubjectFn, Subjects};
use crate::mapping::template::Template;

/// The subject settings of a builder.
#[derive(Default)]
pub(super) struct SubjectSettings {
    pub(super) prefix: Option<String>,
    pub(super) naming: Option<NamingSetting>,
    pub(super) filters: Option<Vec<String>>,
    pub(super) unselected: Unselected,
}

/// How subjects are derived from events; not checked yet.
pub(super) enum NamingSetting {
    Template(String),
    Function(SubjectFn),
}

impl SubjectSettings {
    /// Checks the settings; `stream` is the default prefix.
    ///
    /// # Errors
    ///
    /// Returns an error if the prefix, the template or a filter is malformed.
    pub(super) fn build(self, stream: &str) -> Result<Subjects, TransportError> {
        let prefix = self.prefix.unwrap_or_else(|| stream.to_owned());
        if !prefix.split('.').all(is_token) {
            return Err(TransportError::configuration(format!(
                "the subject prefix `{prefix}` is invalid: expected letters, digits, `-` and `_`, with single \
                 dots in between"
            )));
        }
        let naming = match self.naming {
            Some(NamingSetting::Template(text)) => Some(Naming::Template(Template::parse(&text)?)),
            Some(NamingSetting::Function(function)) => Some(Naming::Function(function)),
            None => None,
        };
        Subjects::new(prefix, naming, self.filters)
    }
}

impl fmt::Debug for SubjectSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SubjectSettings")
            .field("prefix", &self.prefix)
            .field("filters", &self.filters)
            .field("unselected", &self.unselected)
            .finish_non_exhaustive()
    }
}
