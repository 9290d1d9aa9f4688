//! The parts of an event before they are checked.

use std::borrow::Cow;
use std::sync::Arc;

use uuid::Uuid;

use super::attribute::AttributeValue;
use super::check::{self, RawAttribute};
use super::core_attributes::CoreAttributes;
use super::data::{Data, DataKind};
use super::extensions::{self, Entries, Extensions};
use super::media_type::{JSON, PLAIN_TEXT};
use super::name;
use super::timestamp::Timestamp;
use super::{Event, Inner};
use crate::error::{AttributeError, BuildError, MAX_VIOLATIONS, Violation};

/// Text that is borrowed only if it is a literal that the derive macro checked.
///
/// All text from run time is owned, so borrowed text needs no check.
pub(crate) type Text = Cow<'static, str>;

/// The attributes and the data that a builder collects.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventParts {
    /// The textual core attributes, by their index in [`name::CORE`].
    pub(crate) core: [Option<Text>; name::CORE.len()],
    pub(crate) time: Option<Timestamp>,
    pub(crate) extensions: Entries,
    pub(crate) data: Option<Data>,
    /// The violations of values that cannot be attributes. Boxed, because builders are moved often.
    pub(crate) violations: Option<Box<BuildError>>,
}

impl EventParts {
    /// Checks all parts and creates the event, or returns all violations. Without an id, the event
    /// gets a random UUID.
    pub(crate) fn finish(mut self: Box<Self>) -> Result<Event, BuildError> {
        let mut violations = match self.violations.take() {
            None => Vec::new(),
            Some(violations) => violations.into_violations(),
        };
        extensions::settle(&mut self.extensions);
        if let Some(Cow::Owned(content_type)) = &mut self.core[name::DATACONTENTTYPE_AT] {
            // White space at the end of a header value is not part of it.
            content_type.truncate(content_type.trim_end_matches(' ').len());
        }
        check::core_attributes(
            |at| match &self.core[at] {
                None if at == name::ID_AT => RawAttribute::Checked,
                None => RawAttribute::Absent,
                Some(Cow::Borrowed(_)) => RawAttribute::Checked,
                Some(Cow::Owned(text)) => RawAttribute::Text(text),
            },
            &mut violations,
        );
        violations.extend(self.time.and_then(|time| check::time(time).err()));
        let unchecked = self.extensions.iter().filter(|(name, value)| {
            let varies = matches!(
                value,
                AttributeValue::String(_) | AttributeValue::Timestamp(_)
            );
            varies || matches!(name, Cow::Owned(_))
        });
        let wrong = unchecked.filter_map(|(name, value)| check::extension(name, value).err());
        violations.extend(wrong.take(MAX_VIOLATIONS));
        let data = self.resolve_data(&mut violations);
        if let Some(content_type) = &self.core[name::DATACONTENTTYPE_AT] {
            violations.extend(check::carried(content_type, data.as_ref()).err());
        }
        if !violations.is_empty() {
            return Err(BuildError::new(violations));
        }
        let mut random = Uuid::encode_buffer();
        let random = self.core[name::ID_AT]
            .is_none()
            .then(|| &*Uuid::new_v4().hyphenated().encode_lower(&mut random));
        Ok(Event(Arc::new(Inner {
            core: CoreAttributes::copy_from(|at| match at {
                name::ID_AT => random.or(self.core[at].as_deref()),
                _ => self.core[at].as_deref(),
            }),
            time: self.time,
            extensions: Extensions::from_settled(self.extensions),
            data,
        })))
    }

    /// Resolves the kind of the data by the content type, and sets the content type if it is unset
    /// and the kind implies one.
    fn resolve_data(&mut self, violations: &mut Vec<Violation>) -> Option<Data> {
        let data = self.data.take()?;
        let content_type = &mut self.core[name::DATACONTENTTYPE_AT];
        if content_type.is_none() {
            *content_type = match data.kind() {
                DataKind::Json => Some(Cow::Borrowed(JSON)),
                DataKind::Text => Some(Cow::Borrowed(PLAIN_TEXT)),
                DataKind::Binary => None,
            };
        }
        let Some(content_type) = content_type else {
            return Some(data);
        };
        // Only text can turn out to violate the content type.
        let text = data.is_text().then(|| data.bytes().clone());
        let settled = data.under(content_type);
        settled
            .map_err(|error| violations.push(check::not_json(&text.unwrap_or_default(), &error)))
            .ok()
    }

    /// Sets an extension attribute, replacing any previous value.
    pub(crate) fn set_extension(&mut self, name: Text, value: AttributeValue) {
        // The last one wins when the entries are sorted. A search here would make many extensions
        // quadratic.
        self.extensions.push((name, value));
    }

    /// Records that the value of an extension is not an attribute value.
    #[cold]
    pub(crate) fn refuse(&mut self, extension: &str, error: &AttributeError) {
        let violation = Violation::from_error(extension, error, "core, Type System");
        match &mut self.violations {
            None => self.violations = Some(Box::new(violation.into())),
            Some(violations) => violations.add(violation),
        }
    }

    /// Returns the value of an extension attribute.
    pub(crate) fn extension(&self, name: &str) -> Option<&AttributeValue> {
        let mut latest = self.extensions.iter().rev();
        latest.find(|(own, _)| own == name).map(|(_, value)| value)
    }
}
