//! An event that has not been checked yet.

use std::borrow::Cow;
use std::sync::Arc;

use super::attribute::AttributeValue;
use super::check::{self, RawAttribute};
use super::core_attributes::{CoreAttributes, CoreText};
use super::data::{self, Data};
use super::extensions::{Entries, Extensions};
use super::media_type::{JSON, PLAIN_TEXT};
use super::name;
use super::timestamp::Timestamp;
use super::{Event, Inner};
use crate::error::{BuildError, MAX_VIOLATIONS, Violation};

/// Text that is borrowed only where it is a literal that the derive has checked.
///
/// Everything that comes in at run time is owned, so checks can pass over borrowed text.
pub(crate) type Text = Cow<'static, str>;

/// The attributes and the data of an event on its way out of a builder.
#[derive(Debug, Clone, Default)]
pub(crate) struct EventParts {
    pub(crate) id: Option<Text>,
    pub(crate) source: Option<Text>,
    pub(crate) ty: Option<Text>,
    pub(crate) subject: Option<Text>,
    pub(crate) time: Option<Timestamp>,
    pub(crate) datacontenttype: Option<Text>,
    pub(crate) dataschema: Option<Text>,
    pub(crate) extensions: Entries,
    pub(crate) data: Option<Data>,
}

impl EventParts {
    /// Checks everything and makes the event, or says all that is wrong with it.
    ///
    /// Where there is no id, it is the one given, which needs no check.
    pub(crate) fn finish(mut self, id: &str) -> Result<Event, BuildError> {
        let mut violations = Vec::new();
        check::core_attributes(
            |at| match self.text(at) {
                None if at == name::ID_AT => RawAttribute::Checked,
                None => RawAttribute::Absent,
                Some(Cow::Borrowed(_)) => RawAttribute::Checked,
                Some(Cow::Owned(text)) => RawAttribute::Text(text),
            },
            &mut violations,
        );
        violations.extend(self.time.and_then(|time| check::time(time).err()));
        let unchecked = self.extensions.iter().filter(|(name, value)| {
            matches!(name, Cow::Owned(_))
                || matches!(
                    value,
                    AttributeValue::String(_) | AttributeValue::Timestamp(_)
                )
        });
        let wrong = unchecked.filter_map(|(name, value)| check::extension(name, value).err());
        violations.extend(wrong.take(MAX_VIOLATIONS));
        let data = self.resolve_data(&mut violations);
        if !violations.is_empty() {
            return Err(BuildError::new(violations));
        }
        let core = CoreAttributes::copy_from(|at| match self.text(at) {
            None => (at == name::ID_AT).then_some(CoreText::Dynamic(id)),
            Some(Cow::Borrowed(literal)) => Some(CoreText::Static(literal)),
            Some(Cow::Owned(text)) => Some(CoreText::Dynamic(text)),
        });
        Ok(Event(Arc::new(Inner {
            core,
            time: self.time,
            extensions: Extensions::from_unsorted(self.extensions),
            data,
        })))
    }

    fn text(&self, at: usize) -> Option<&Text> {
        match at {
            name::ID_AT => &self.id,
            name::SOURCE_AT => &self.source,
            name::TYPE_AT => &self.ty,
            name::SUBJECT_AT => &self.subject,
            name::DATACONTENTTYPE_AT => &self.datacontenttype,
            name::DATASCHEMA_AT => &self.dataschema,
            _ => &None,
        }
        .as_ref()
    }

    /// Makes kind and content type agree, and states the content type where the kind implies it.
    fn resolve_data(&mut self, violations: &mut Vec<Violation>) -> Option<Data> {
        let data = self.data.take()?;
        if self.datacontenttype.is_none() {
            self.datacontenttype = match data.kind() {
                data::DataKind::Json => Some(Cow::Borrowed(JSON)),
                data::DataKind::Text => Some(Cow::Borrowed(PLAIN_TEXT)),
                data::DataKind::Binary => None,
            };
        }
        let Some(content_type) = &self.datacontenttype else {
            return Some(data);
        };
        // Only text may turn out not to be what the content type declares.
        let text = data.is_text().then(|| data.bytes().clone());
        let settled = data.under(content_type);
        settled
            .map_err(|error| violations.push(check::not_json(&text.unwrap_or_default(), &error)))
            .ok()
    }

    /// Sets an extension in the place of one of the same name.
    pub(crate) fn set_extension(&mut self, name: Text, value: AttributeValue) {
        match self.extensions.iter_mut().find(|(own, _)| *own == name) {
            Some((_, own)) => *own = value,
            None => self.extensions.push((name, value)),
        }
    }
}
