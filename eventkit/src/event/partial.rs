//! The attributes of an event while it is decoded, borrowed from the message where possible.

use std::borrow::Cow;
use std::sync::Arc;

use bytestring::ByteString;
use smallvec::SmallVec;

use super::attribute::{AttributeRef, AttributeValue};
use super::check::{self, RawAttribute};
use super::core_attributes::CoreAttributes;
use super::data::Data;
use super::extensions::{Extensions, documented};
use super::limits::Limits;
use super::media_type::JSON;
use super::name;
use super::timestamp::Timestamp;
use super::{Event, Inner, SPECVERSION};
use crate::error::{BuildError, DecodeError, LimitExceeded, MAX_VIOLATIONS, Violation, truncate};

/// The value of an attribute in a message.
#[derive(Debug, Clone)]
pub(crate) enum Scalar<'a> {
    /// Explicitly unset, as JSON `null`.
    Null,
    /// A value that was refused; its violation is already recorded.
    Invalid,
    Boolean(bool),
    Integer(i32),
    Text(Cow<'a, str>),
    /// A value of a type that JSON and headers write as text: Binary, URI, URI-reference or Timestamp.
    /// In a box, because few attributes have such a type, and all are moved.
    Typed(Box<AttributeValue>),
}

/// The attributes of an event while it is decoded, and the violations found so far.
///
/// Every decoder fills one, in any order, and turns it into an [`Event`] or a typed value.
#[derive(Debug, Clone, Default)]
pub(crate) struct PartialEvent<'a> {
    core: [Option<Scalar<'a>>; name::CORE.len()],
    extensions: SmallVec<[(Cow<'a, str>, Scalar<'a>); 2]>,
    violations: Vec<Violation>,
    limits: Limits,
    /// The number of attributes seen, including those that were not kept.
    count: usize,
    exceeded: Option<LimitExceeded>,
}

impl<'a> PartialEvent<'a> {
    pub(crate) fn with_limits(limits: Limits) -> Self {
        Self {
            limits,
            ..Self::default()
        }
    }

    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// Sets the next attribute from text that the message contains, as most are.
    #[inline]
    pub(crate) fn set_text(&mut self, name: &'a str, text: &'a str) {
        match name::core_at(name) {
            Some(at) if self.core[at].is_none() => {
                if self.is_within_limits(name.len().max(text.len())) {
                    self.core[at] = Some(Scalar::Text(Cow::Borrowed(text)));
                }
            }
            _ => self.set(Cow::Borrowed(name), Scalar::Text(Cow::Borrowed(text))),
        }
    }

    /// Sets the next attribute. If it exceeds a limit, it is not kept and the error is recorded.
    pub(crate) fn set(&mut self, name: Cow<'a, str>, value: Scalar<'a>) {
        if !self.is_within_limits(name.len().max(value.len())) {
            return;
        }
        let Some(at) = name::core_at(&name) else {
            let is_unset = self.limits.empty_trace_context && is_empty_trace_context(&name, &value);
            let value = if is_unset { Scalar::Null } else { value };
            self.extensions.push((name, value));
            return;
        };
        let value = value.of_core_attribute(at);
        if value.is_refused_in_core() {
            let (text, section) = (value.text(), "core, Context Attributes");
            let violation = Violation::new(name::CORE[at], &text, "a string", section);
            self.add_violation(violation);
            self.core[at] = Some(Scalar::Invalid);
        } else if let Some(first) = &self.core[at] {
            let violation = duplicate(name::CORE[at], first, &value);
            self.add_violation(violation);
        } else {
            self.core[at] = Some(value);
        }
    }

    /// Counts an attribute of this length, and records an error if it exceeds a limit.
    #[inline]
    fn is_within_limits(&mut self, bytes: usize) -> bool {
        self.count += 1;
        if self.count <= self.limits.attributes && bytes <= self.limits.attribute_bytes {
            return true;
        }
        self.note_limit(bytes);
        false
    }

    #[cold]
    fn note_limit(&mut self, bytes: usize) {
        let count = self.limits.check_attributes(self.count);
        self.note(count.and_then(|()| self.limits.check_attribute_bytes(bytes)));
    }

    /// Adds a violation that was found before the attributes were read.
    pub(crate) fn add_violation(&mut self, violation: Violation) {
        if self.violations.len() < MAX_VIOLATIONS {
            self.violations.push(violation);
        }
    }

    /// Records an error if the message exceeds a limit.
    fn note(&mut self, checked: Result<(), LimitExceeded>) {
        self.exceeded = self.exceeded.or(checked.err());
    }

    /// Records an error if JSON data is nested too deep.
    pub(crate) fn limit_depth(&mut self, depth: usize) {
        self.note(self.limits.check_json_depth(depth));
    }

    /// Records an error if text that may be JSON is nested too deep.
    pub(crate) fn limit_depth_of(&mut self, json: &[u8]) {
        self.note(self.limits.check_depth_of(json));
    }

    /// Sets a core attribute that the rest of the message implies, unless it is already set.
    ///
    /// The attribute is identified by its index in [`name::CORE`].
    pub(crate) fn imply(&mut self, at: usize, value: &'static str) {
        if self.text_at(at).is_none() {
            self.core[at] = Some(Scalar::Text(Cow::Borrowed(value)));
        }
    }

    /// Returns the content type of the data.
    #[inline]
    pub(crate) fn content_type(&self) -> Option<&str> {
        self.text_at(name::DATACONTENTTYPE_AT)
    }

    /// Returns the text of a core attribute.
    #[inline]
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.text_at(name::core_at(name)?)
    }

    fn text_at(&self, at: usize) -> Option<&str> {
        match &self.core[at] {
            Some(Scalar::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Returns the type, or an error with all violations if it is missing.
    pub(crate) fn require_type(&mut self) -> Result<&str, DecodeError> {
        if self.text(name::TYPE).is_none() {
            self.check()?;
        }
        Ok(self.text(name::TYPE).unwrap_or_default())
    }

    /// Returns an error if the event has another type.
    pub(crate) fn expect_type(&self, ty: &'static str) -> Result<(), DecodeError> {
        match self.text(name::TYPE).unwrap_or_default() {
            found if found == ty => Ok(()),
            found => Err(DecodeError::unexpected_type(found, &[ty])),
        }
    }

    /// Returns the value of an attribute that is set.
    pub(crate) fn attribute(&self, name: &str) -> Option<AttributeRef<'_>> {
        if name == name::TIME {
            let time = self.time()?.ok();
            return time.map(AttributeRef::Timestamp);
        }
        if name::core_at(name).is_some() {
            return self.text(name).map(AttributeRef::Text);
        }
        let mut extensions = self.extensions.iter();
        extensions.find(|(own, _)| own == name)?.1.value()
    }

    /// Checks all attributes like the conversion into an event, without creating one.
    pub(crate) fn check(&mut self) -> Result<(), DecodeError> {
        self.prepare()?;
        self.check_values()
    }

    /// Returns all violations of the attributes.
    ///
    /// Another version of the specification is a violation, and the other attributes are checked by
    /// the rules of version 1.0.
    pub(crate) fn into_violations(mut self) -> Result<Vec<Violation>, DecodeError> {
        if let Some(exceeded) = self.exceeded {
            return Err(exceeded.into());
        }
        if let Some(version) = self.text_at(name::SPECVERSION_AT)
            && version != SPECVERSION
        {
            let violation = check::another_version(version);
            self.add_violation(violation);
            self.core[name::SPECVERSION_AT] = Some(Scalar::Invalid);
        }
        let violations = self.check().err();
        Ok(violations.map_or_else(Vec::new, |error| error.violations().to_vec()))
    }

    /// Creates the event. If the data shares the buffer of a message, the attributes share it too.
    ///
    /// The kind of the data must be the one that the content type implies.
    pub(crate) fn into_event(
        mut self,
        data: Option<Data>,
        message: Option<&ByteString>,
    ) -> Result<Event, DecodeError> {
        let time = self.prepare()?;
        self.check_values()?;
        if data.as_ref().is_some_and(Data::is_json) {
            self.imply(name::DATACONTENTTYPE_AT, JSON);
        }
        let text = |at| self.text_at(at);
        let shared = message.and_then(|message| CoreAttributes::share_message(message, text));
        let core = shared.unwrap_or_else(|| CoreAttributes::copy_from(text));
        let extensions = self.extensions.into_iter().filter_map(owned).collect();
        Ok(Event(Arc::new(Inner {
            core,
            time,
            extensions: Extensions::from_entries(extensions),
            data,
        })))
    }

    /// Records the violations that only the whole message shows, and reads the time.
    fn prepare(&mut self) -> Result<Option<Timestamp>, DecodeError> {
        if let Some(exceeded) = self.exceeded {
            return Err(exceeded.into());
        }
        self.check_version()?;
        self.trim_content_type();
        self.note_repeated_extensions();
        Ok(self.parse_time())
    }

    fn check_values(&mut self) -> Result<(), DecodeError> {
        let mut violations = std::mem::take(&mut self.violations);
        check::core_attributes(|at| self.raw(at), &mut violations);
        for (name, value) in &self.extensions {
            let checked = match value {
                Scalar::Null => Ok(()),
                Scalar::Text(text) => check::extension_text(name, text),
                Scalar::Typed(value) => check::extension(name, value),
                // The violation of the value is already recorded.
                Scalar::Invalid => check::extension_name(name, || Cow::Borrowed(name)),
                value => check::extension_name(name, || value.text()),
            };
            if let Err(violation) = checked
                && violations.len() < MAX_VIOLATIONS
            {
                violations.push(violation);
            }
        }
        if violations.is_empty() {
            Ok(())
        } else {
            Err(BuildError::new(violations).into())
        }
    }

    fn raw(&self, at: usize) -> RawAttribute<'_> {
        match &self.core[at] {
            Some(Scalar::Text(text)) => RawAttribute::Text(text),
            Some(Scalar::Invalid) => RawAttribute::Checked,
            _ => RawAttribute::Absent,
        }
    }

    /// Returns an error for any other version at once, because its rules for the attributes are
    /// unknown.
    fn check_version(&mut self) -> Result<(), DecodeError> {
        match self.raw(name::SPECVERSION_AT) {
            RawAttribute::Text(SPECVERSION) | RawAttribute::Checked => Ok(()),
            RawAttribute::Text(other) => Err(DecodeError::spec_version(other)),
            RawAttribute::Absent => {
                self.add_violation(check::no_version());
                self.core[name::SPECVERSION_AT] = Some(Scalar::Invalid);
                Ok(())
            }
        }
    }

    /// Removes white space at the end of the content type, as a builder does: in header values, it
    /// would not be part of the value.
    fn trim_content_type(&mut self) {
        let content_type = &mut self.core[name::DATACONTENTTYPE_AT];
        if let Some(Scalar::Text(text)) = content_type
            && text.ends_with(' ')
        {
            *text = match std::mem::take(text) {
                Cow::Borrowed(text) => Cow::Borrowed(text.trim_end_matches(' ')),
                Cow::Owned(text) => Cow::Owned(text.trim_end_matches(' ').to_owned()),
            };
        }
    }

    fn note_repeated_extensions(&mut self) {
        // Most events have at most one extension, so there is nothing to sort.
        if self.extensions.len() < 2 {
            return;
        }
        let mut sorted: Vec<&(Cow<'_, str>, Scalar<'_>)> = self.extensions.iter().collect();
        // The sort is stable, so duplicates of a name keep the order of the message.
        sorted.sort_by(|(a, _), (b, _)| a.cmp(b));
        let pairs = sorted.windows(2).map(|pair| (pair[0], pair[1]));
        let again = pairs.filter(|((first, _), (second, _))| first == second);
        let again = again
            .take(MAX_VIOLATIONS)
            .map(|((name, first), (_, second))| duplicate(name.to_string(), first, second));
        let again: Vec<Violation> = again.collect();
        for violation in again {
            self.add_violation(violation);
        }
    }

    fn parse_time(&mut self) -> Option<Timestamp> {
        self.time()?
            .map_err(|violation| self.add_violation(violation))
            .ok()
    }

    /// Returns the time, or its violation.
    fn time(&self) -> Option<Result<Timestamp, Violation>> {
        let violation = |error| Violation::from_error(name::TIME, &error, "core, time");
        match &self.core[name::TIME_AT] {
            Some(Scalar::Text(text)) => Some(text.parse().map_err(violation)),
            Some(Scalar::Typed(value)) => match **value {
                AttributeValue::Timestamp(time) => Some(check::time(time).map(|()| time)),
                _ => None,
            },
            _ => None,
        }
    }
}

impl Scalar<'_> {
    /// Converts a JSON value that is not a string.
    pub(crate) fn from_json(json: &str) -> Option<Self> {
        match json {
            "null" => Some(Self::Null),
            "true" => Some(Self::Boolean(true)),
            "false" => Some(Self::Boolean(false)),
            number => number.parse().ok().map(Self::Integer),
        }
    }

    /// Returns the length of its text, if it grows with the message.
    fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Typed(value) => match &**value {
                AttributeValue::Binary(bytes) => bytes.len().div_ceil(3) * 4,
                AttributeValue::Timestamp(time) => time.text().as_str().len(),
                value => value.to_text().len(),
            },
            Self::Null | Self::Invalid | Self::Boolean(_) | Self::Integer(_) => 0,
        }
    }

    /// Returns the value as one of a core attribute, which are all text but for the time.
    fn of_core_attribute(self, at: usize) -> Self {
        let Self::Typed(value) = self else {
            return self;
        };
        match *value {
            AttributeValue::Timestamp(_) if at == name::TIME_AT => Self::Typed(value),
            AttributeValue::Binary(_) => Self::Typed(value),
            value => Self::Text(Cow::Owned(value.into_string())),
        }
    }

    /// Returns whether the value has a type that no core attribute has.
    fn is_refused_in_core(&self) -> bool {
        match self {
            Self::Boolean(_) | Self::Integer(_) => true,
            Self::Typed(value) => matches!(**value, AttributeValue::Binary(_)),
            Self::Null | Self::Invalid | Self::Text(_) => false,
        }
    }

    /// Returns the canonical text.
    pub(crate) fn text(&self) -> Cow<'_, str> {
        let value = self.value();
        value.map(AttributeRef::into_text).unwrap_or_default()
    }

    fn value(&self) -> Option<AttributeRef<'_>> {
        match self {
            Self::Null | Self::Invalid => None,
            Self::Boolean(flag) => Some(AttributeRef::Boolean(*flag)),
            Self::Integer(number) => Some(AttributeRef::Integer(*number)),
            Self::Text(text) => Some(AttributeRef::Text(text)),
            Self::Typed(value) => Some((&**value).into()),
        }
    }
}

fn owned((name, value): (Cow<'_, str>, Scalar<'_>)) -> Option<(Cow<'static, str>, AttributeValue)> {
    let value = match value {
        Scalar::Text(text) => AttributeValue::String(text.into_owned()),
        Scalar::Typed(value) => *value,
        other => other.value()?.into(),
    };
    let name = match documented(&name) {
        Some(literal) => Cow::Borrowed(literal),
        None => Cow::Owned(name.into_owned()),
    };
    Some((name, value))
}

fn is_empty_trace_context(name: &str, value: &Scalar<'_>) -> bool {
    matches!(value, Scalar::Text(text) if text.is_empty())
        && matches!(name, "traceparent" | "tracestate")
}

fn duplicate(
    name: impl Into<Cow<'static, str>>,
    first: &Scalar<'_>,
    second: &Scalar<'_>,
) -> Violation {
    let again = truncate(&second.text());
    let expected = format!("each attribute at most once, found again as {again:?}");
    Violation::new(name, &first.text(), expected, "core, Context Attributes")
}
