//! Subject templates, such as `orders.{subject}.{type}`.
//!
//! A token of a template is a literal or one placeholder. The segments of `{type}` become tokens,
//! and any other value becomes a single token, so the type can be parsed from a subject.

use std::borrow::Cow;
use std::fmt;

use eventkit::Event;
use eventkit::transport::TransportError;
use percent_encoding::{AsciiSet, utf8_percent_encode};

use super::subject::{ENCODED, decode_type, push_filter, push_type};

/// The characters that are encoded in a value that becomes a single token.
const ENCODED_IN_TOKEN: &AsciiSet = &ENCODED.add(b'.');

/// The names that extensions cannot have.
const NOT_EXTENSIONS: [&str; 9] = [
    "specversion",
    "id",
    "source",
    "type",
    "subject",
    "time",
    "datacontenttype",
    "dataschema",
    "data",
];

const ATTRIBUTES: &str = "`{type}`, `{source}`, `{subject}`, `{id}` or `{ext:name}`";

/// A parsed template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Template {
    tokens: Vec<Token>,
    /// The index of the `{type}` token.
    type_index: Option<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Literal(String),
    Type,
    Source,
    Subject,
    Id,
    Extension(String),
}

impl Template {
    /// Parses a template.
    ///
    /// # Errors
    ///
    /// Returns an error if the template is malformed; it names the position and what is expected
    /// there.
    pub(crate) fn parse(text: &str) -> Result<Self, TransportError> {
        let mut tokens: Vec<Token> = Vec::new();
        let mut start = 0;
        for token in text.split('.') {
            let parsed = Token::parse(token).and_then(|token| match token {
                Token::Literal(text) if tokens.is_empty() && is_server_subject(&text) => {
                    Err("a subject that the server does not use itself".into())
                }
                Token::Literal(_) => Ok(token),
                _ if tokens.is_empty() => Err("a literal as the first token".into()),
                Token::Type if tokens.contains(&Token::Type) => Err("`{type}` only once".into()),
                _ => Ok(token),
            });
            tokens.push(parsed.map_err(|expected: Cow<'_, str>| {
                let position = text[..start].chars().count() + 1;
                TransportError::configuration(format!(
                    "the subject template `{text}` is invalid: found `{token}` at character {position}, expected \
                     {expected}"
                ))
            })?);
            start += token.len() + 1;
        }
        let type_index = tokens.iter().position(|token| *token == Token::Type);
        Ok(Self { tokens, type_index })
    }

    /// Returns the template `<prefix>.{type}`.
    pub(crate) fn of_prefix(prefix: &str) -> Self {
        let literals = prefix
            .split('.')
            .map(|token| Token::Literal(token.to_owned()));
        let tokens: Vec<Token> = literals.chain([Token::Type]).collect();
        let type_index = Some(tokens.len() - 1);
        Self { tokens, type_index }
    }

    /// Returns whether the subject depends only on the event type.
    pub(crate) fn needs_type_only(&self) -> bool {
        let mut tokens = self.tokens.iter();
        tokens.all(|token| matches!(token, Token::Literal(_) | Token::Type))
    }

    /// Returns the subject for an event type and the other attributes of an event.
    ///
    /// # Errors
    ///
    /// Returns an error if the event lacks an attribute; the error is its name.
    pub(crate) fn render(&self, ty: &str, event: Option<&Event>) -> Result<String, String> {
        // This capacity fits most subjects, so that the text is allocated only once.
        let mut subject = String::with_capacity(ty.len() + 32);
        for token in &self.tokens {
            if !subject.is_empty() {
                subject.push('.');
            }
            let value = match token {
                Token::Literal(text) => {
                    subject.push_str(text);
                    continue;
                }
                Token::Type => {
                    push_type(&mut subject, ty);
                    continue;
                }
                Token::Source => event.map(|event| Cow::Borrowed(event.source())),
                Token::Subject => event.and_then(Event::subject).map(Cow::Borrowed),
                Token::Id => event.map(|event| Cow::Borrowed(event.id())),
                Token::Extension(name) => event
                    .and_then(|event| event.extension(name))
                    .map(|value| value.to_text()),
            };
            let value = value.filter(|value| !value.is_empty());
            let value = value.ok_or_else(|| token.to_string())?;
            subject.extend(utf8_percent_encode(&value, ENCODED_IN_TOKEN));
        }
        Ok(subject)
    }

    /// Returns a filter that matches the subjects of all types of a pattern, and possibly more.
    pub(crate) fn filter(&self, pattern: &str) -> String {
        let mut filter = String::new();
        for token in &self.tokens {
            if !filter.is_empty() {
                filter.push('.');
            }
            match token {
                Token::Literal(text) => filter.push_str(text),
                Token::Type => {
                    push_filter(&mut filter, pattern);
                    // The `>` also matches the remaining tokens.
                    if filter.ends_with('>') {
                        return filter;
                    }
                }
                _ => filter.push('*'),
            }
        }
        filter
    }

    /// Returns whether subjects contain the event type.
    pub(crate) fn has_type(&self) -> bool {
        self.type_index.is_some()
    }

    /// Returns the event type in a subject that matches the template.
    pub(crate) fn type_in<'a>(&self, subject: &'a str) -> Option<Cow<'a, str>> {
        let index = self.type_index?;
        let mut rest = subject;
        for token in &self.tokens[..index] {
            let (found, after) = rest.split_once('.')?;
            rest = token.matches(found).then_some(after)?;
        }
        for token in self.tokens[index + 1..].iter().rev() {
            let (before, found) = rest.rsplit_once('.')?;
            rest = token.matches(found).then_some(before)?;
        }
        Some(decode_type(rest))
    }
}

impl Token {
    /// Parses a token, or returns what is expected instead.
    fn parse(text: &str) -> Result<Self, Cow<'static, str>> {
        let inner = text
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'));
        match inner {
            Some("type") => Ok(Self::Type),
            Some("source") => Ok(Self::Source),
            Some("subject") => Ok(Self::Subject),
            Some("id") => Ok(Self::Id),
            Some(inner) => match inner.strip_prefix("ext:") {
                Some(name) if is_extension_name(name) => Ok(Self::Extension(name.to_owned())),
                Some(_) => Err("an extension name of lowercase letters and digits".into()),
                None => Err(ATTRIBUTES.into()),
            },
            None if is_literal(text) => Ok(Self::Literal(text.to_owned())),
            None if text.contains(['{', '}']) => {
                Err(format!("a placeholder as a separate token: {ATTRIBUTES}").into())
            }
            None => Err("a token without white space, `*`, `>` and `%`".into()),
        }
    }

    /// Returns whether a token of a subject matches this token.
    fn matches(&self, found: &str) -> bool {
        match self {
            Self::Literal(text) => text == found,
            _ => true,
        }
    }
}

impl fmt::Display for Token {
    /// Writes the name of the attribute.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Type => f.write_str("type"),
            Self::Source => f.write_str("source"),
            Self::Subject => f.write_str("subject"),
            Self::Id => f.write_str("id"),
            Self::Extension(name) => f.write_str(name),
        }
    }
}

/// Returns whether a name is valid for an extension.
fn is_extension_name(name: &str) -> bool {
    let mut bytes = name.bytes();
    !name.is_empty()
        && bytes.all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        && !NOT_EXTENSIONS.contains(&name)
}

fn is_literal(text: &str) -> bool {
    let mut bytes = text.bytes();
    !text.is_empty() && bytes.all(|byte| byte.is_ascii_graphic() && !b"*>%{}".contains(&byte))
}

/// Returns whether the server itself uses subjects with this beginning: an event there would be a
/// request to its API, or a response to a request.
pub(crate) fn is_server_subject(subject: &str) -> bool {
    let first = subject.split('.').next().unwrap_or_default();
    first.starts_with('$') || first == "_INBOX"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mapping::subject::covers;
    use eventkit::pattern;

    fn event(ty: &str) -> Event {
        let event = Event::builder().source("/shop/a").id("1.2").ty(ty);
        event
            .subject("c 7.é")
            .extension("tenant", "$JS.API.>")
            .build()
            .unwrap()
    }

    fn render(template: &str, event: &Event) -> Result<String, String> {
        let template = Template::parse(template).unwrap();
        template.render(event.ty(), Some(event))
    }

    #[test]
    fn values_become_tokens() {
        let event = event("co.order.placed");
        for (template, subject) in [
            ("shop.{type}", "shop.co.order.placed"),
            (
                "orders.{subject}.{type}",
                "orders.c%207%2E%C3%A9.co.order.placed",
            ),
            (
                "t.{ext:tenant}.{type}.v1",
                "t.$JS%2EAPI%2E%3E.co.order.placed.v1",
            ),
            ("a.b.{source}.{id}", "a.b./shop/a.1%2E2"),
            ("just.this", "just.this"),
        ] {
            assert_eq!(render(template, &event).as_deref(), Ok(subject));
        }
    }

    #[test]
    fn an_attribute_that_is_missing_is_named() {
        let event = Event::builder().source("/s").ty("t").build().unwrap();
        for (template, missing) in [
            ("a.{subject}.{type}", "subject"),
            ("a.{ext:tenant}.{type}", "tenant"),
        ] {
            assert_eq!(render(template, &event), Err(missing.to_owned()));
        }
        let template = Template::parse("a.{source}").unwrap();
        assert_eq!(template.render("t", None), Err("source".to_owned()));
    }

    #[test]
    fn a_malformed_template_is_refused_at_its_position() {
        for (template, position, part) in [
            ("", "`` at character 1", "a token"),
            ("a..b", "`` at character 3", "a token"),
            ("a.{typ}", "`{typ}` at character 3", "{ext:name}"),
            ("é.{type}", "`é` at character 1", "a token"),
            ("a.b{type}", "`b{type}` at character 3", "separate token"),
            ("a.{type", "`{type` at character 3", "separate token"),
            ("a.{ext:}", "`{ext:}`", "lowercase"),
            ("a.{ext:Te}", "`{ext:Te}`", "lowercase"),
            ("a.{ext:type}", "`{ext:type}`", "an extension name"),
            ("a.{type}.{type}", "at character 10", "only once"),
            ("{type}", "at character 1", "a literal as the first"),
            ("{ext:tenant}.{type}", "at character 1", "a literal"),
            ("$JS.API.{type}", "`$JS` at character 1", "server"),
            ("_INBOX.{type}", "`_INBOX` at character 1", "server"),
            ("a.*.{type}", "`*` at character 3", "`*`"),
            ("a.>", "`>` at character 3", "`>`"),
            ("a b.{type}", "`a b` at character 1", "white space"),
        ] {
            let error = Template::parse(template).unwrap_err().to_string();
            assert!(error.contains(position), "{position}: {error}");
            assert!(error.contains(part), "{part}: {error}");
        }
    }

    #[test]
    fn a_type_comes_back_from_its_subject() {
        for text in [
            "e.f.{type}",
            "e.{subject}.{type}",
            "e.{type}.{source}",
            "e.{ext:tenant}.{type}.v1.{id}",
        ] {
            let template = Template::parse(text).unwrap();
            for ty in ["a", "a.b", "a..b", ".", "*", "a.>", "%", "%2E", "é x", "v1"] {
                let subject = template.render(ty, Some(&event(ty))).unwrap();
                assert_eq!(template.type_in(&subject).as_deref(), Some(ty), "{text}");
                let mut tokens = subject.split('.');
                assert!(tokens.all(|token| !["", "*", ">"].contains(&token)));
            }
        }
        let template = Template::parse("e.{type}.v1").unwrap();
        for subject in ["e.v1", "e.a", "f.a.v1", "e", "e.a.v2"] {
            assert_eq!(template.type_in(subject), None, "{subject}");
        }
        let without = Template::parse("e.{subject}").unwrap();
        assert_eq!(without.type_in("e.a"), None);
    }

    #[test]
    fn a_filter_lets_through_all_that_its_pattern_stands_for() {
        for text in ["e.{type}", "e.{subject}.{type}", "e.{type}.{id}.v1"] {
            let template = Template::parse(text).unwrap();
            for pattern in ["*", "a", "a.*", "a.*.c", "*.b", "*.*", "a b.*"] {
                let filter = template.filter(pattern);
                for ty in ["a", "a.b", "a.b.c", "a.x.c", "a..c", "a.", "b", "a b.c"] {
                    let subject = template.render(ty, Some(&event(ty))).unwrap();
                    let passes = covers(&filter, &subject);
                    assert!(passes || !pattern::matches(pattern, ty), "{filter} {ty}");
                }
            }
        }
        let template = Template::parse("t.{ext:tenant}.{type}").unwrap();
        assert_eq!(template.filter("a.*"), "t.*.a.>");
        let template = Template::parse("t.{type}.{id}").unwrap();
        assert_eq!(template.filter("a.b"), "t.a.b.*");
        assert_eq!(template.filter("a.*"), "t.a.>");
        assert_eq!(Template::of_prefix("e.f").filter("a.*.c"), "e.f.a.*.c");
    }
}
