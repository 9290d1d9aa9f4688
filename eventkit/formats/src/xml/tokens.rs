//! The tokens of a document, which quick-xml separates.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::events::Event;

use super::attributes::{self, Attribute};
use super::chars;
use super::malformed::{Malformed, excerpt};

/// A part of a document.
pub(super) enum Token<'a> {
    Start(Tag<'a>),
    End,
    /// Text without references. Text next to it may follow.
    Text(Cow<'a, str>),
    /// The character of a reference within text.
    Character(char),
    /// A comment, or a processing instruction.
    Ignored,
    EndOfDocument,
}

/// The start of an element.
pub(super) struct Tag<'a> {
    pub(super) name: &'a str,
    pub(super) attributes: Vec<Attribute<'a>>,
    /// The position of its `<` in the text.
    pub(super) start: usize,
}

/// A reader of the tokens of a document, which checks that it is well-formed.
///
/// quick-xml finds the tokens, and compares the names of start and end tags. Everything else that
/// XML requires is checked here: quick-xml is meant for documents that are known to be XML.
pub(super) struct Tokens<'a> {
    text: &'a str,
    reader: Reader<&'a [u8]>,
    /// The number of elements that are open.
    depth: usize,
    has_root: bool,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Result<Self, Malformed> {
        if let Some(other) = chars::forbidden(text) {
            return Err(Malformed::Character(other.into()));
        }
        // quick-xml would skip it without counting it.
        if text.starts_with('\u{FEFF}') {
            return Err(Malformed::Text);
        }
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.check_comments = true;
        Ok(Self {
            text,
            reader,
            depth: 0,
            has_root: false,
        })
    }

    /// Returns the position in the text after the last token.
    pub(super) fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX)
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
    }

    pub(super) fn next(&mut self) -> Result<Token<'a>, Malformed> {
        let start = self.position();
        match self.reader.read_event()? {
            Event::Start(tag) => {
                let content = &self.text[start + 1..start + 1 + tag.len()];
                let name = tag.name().as_ref().len();
                self.start(content, name, start)
            }
            Event::End(_) => {
                self.depth -= 1;
                Ok(Token::End)
            }
            Event::Text(text) => {
                if text.as_bytes().contains(&b'>') && text.contains("]]>") {
                    return Err(Malformed::EndOfCdata);
                }
                self.text_token(text.xml10_content())
            }
            Event::CData(text) if self.depth > 0 => Ok(Token::Text(text.xml10_content())),
            Event::GeneralRef(reference) if self.depth > 0 => {
                chars::resolve(&reference).map(Token::Character)
            }
            Event::CData(_) | Event::GeneralRef(_) => Err(Malformed::Text),
            Event::Comment(_) => Ok(Token::Ignored),
            Event::PI(instruction) if is_instruction(instruction.target()) => Ok(Token::Ignored),
            Event::PI(instruction) => Err(Malformed::Name(excerpt(instruction.target()))),
            Event::Decl(_) => {
                let declaration = &self.text[start..self.position()];
                if start == 0 && is_declaration(declaration) {
                    Ok(Token::Ignored)
                } else {
                    Err(Malformed::Declaration)
                }
            }
            Event::DocType(_) => Err(Malformed::DocumentType),
            Event::Eof if self.depth > 0 => Err(Malformed::Truncated),
            Event::Eof => Ok(Token::EndOfDocument),
            // With its setting, quick-xml reports these as a start and an end.
            Event::Empty(_) => Err(Malformed::Truncated),
        }
    }

    fn start(
        &mut self,
        content: &'a str,
        name: usize,
        start: usize,
    ) -> Result<Token<'a>, Malformed> {
        if self.depth == 0 && std::mem::replace(&mut self.has_root, true) {
            return Err(Malformed::SecondRoot);
        }
        self.depth += 1;
        let (name, rest) = content.split_at(name);
        let attributes = attributes::parse(rest)?;
        let tag = Tag {
            name,
            attributes,
            start,
        };
        Ok(Token::Start(tag))
    }

    fn text_token(&self, text: Cow<'a, str>) -> Result<Token<'a>, Malformed> {
        if self.depth == 0 && !text.chars().all(chars::is_space) {
            return Err(Malformed::Text);
        }
        Ok(Token::Text(text))
    }
}

fn is_instruction(target: &str) -> bool {
    chars::is_name(target) && !target.eq_ignore_ascii_case("xml")
}

/// Returns whether an XML declaration is one of version 1.0 and UTF-8, or a part of it.
fn is_declaration(declaration: &str) -> bool {
    let content = declaration.strip_prefix("<?xml");
    let content = content.and_then(|content| content.strip_suffix("?>"));
    let Some(Ok(parts)) = content.map(|content| attributes::parse(content)) else {
        return false;
    };
    let mut parts = parts.iter().map(|part| (part.name, part.raw)).peekable();
    parts.next_if_eq(&("version", "1.0")).is_some() && {
        let is_encoding = |(name, value): &(&str, &str)| {
            let names = ["utf-8", "us-ascii"];
            let mut names = names.iter();
            *name == "encoding" && names.any(|name| value.eq_ignore_ascii_case(name))
        };
        parts.next_if(is_encoding);
        let is_standalone =
            |(name, value): &(&str, &str)| *name == "standalone" && matches!(*value, "yes" | "no");
        parts.next_if(is_standalone);
        parts.next().is_none()
    }
}
