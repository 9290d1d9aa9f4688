//! An XML element that is the data of an event.

use std::borrow::Cow;

use eventkit::Limits;
use eventkit::event::LimitExceeded;

use super::chars;
use super::malformed::Malformed;
use super::namespaces::{CLOUD_EVENTS, INSTANCE, Namespaces, PREFIXES, SCHEMA};
use super::tokens::{Tag, Token, Tokens};

/// An element in the text of a document.
pub(super) struct DataElement<'a> {
    /// The text, without the namespaces that are declared around it.
    text: &'a str,
    /// The length of `<` and the name.
    name: usize,
    /// The declarations around the element that belong to it.
    inherited: String,
    /// Whether all prefixes in it are declared in it.
    is_complete: bool,
}

/// The error of an element that cannot be read.
pub(super) enum ElementError {
    Malformed(Malformed),
    TooDeep(LimitExceeded),
}

impl From<Malformed> for ElementError {
    fn from(malformed: Malformed) -> Self {
        Self::Malformed(malformed)
    }
}

impl<'a> DataElement<'a> {
    /// Reads the element that begins with a tag, up to its end.
    pub(super) fn read(
        tag: &Tag<'a>,
        tokens: &mut Tokens<'a>,
        namespaces: &mut Namespaces<'a>,
        limits: Limits,
    ) -> Result<Self, ElementError> {
        // The bindings around the element that it uses.
        let mut needed = vec![false; namespaces.bindings().len()];
        let mut has_undeclared = false;
        let mut depth = 1;
        let mut enter = |namespaces: &mut Namespaces<'a>, tag: &Tag<'a>| {
            let entered = namespaces.enter_with(tag, |at| match at {
                None => has_undeclared = true,
                Some(at) => {
                    if let Some(is_needed) = needed.get_mut(at) {
                        *is_needed = true;
                    }
                }
            });
            entered.map(drop)
        };
        limits
            .check_json_depth(depth)
            .map_err(ElementError::TooDeep)?;
        enter(namespaces, tag)?;
        while depth > 0 {
            match tokens.next()? {
                Token::Start(tag) => {
                    depth += 1;
                    limits
                        .check_json_depth(depth)
                        .map_err(ElementError::TooDeep)?;
                    enter(namespaces, &tag)?;
                }
                Token::End => {
                    depth -= 1;
                    namespaces.leave();
                }
                Token::Text(_) | Token::Character(_) | Token::Ignored => {}
                Token::EndOfDocument => return Err(Malformed::Truncated.into()),
            }
        }
        Ok(Self {
            text: &tokens.text()[tag.start..tokens.position()],
            name: 1 + tag.name.len(),
            inherited: inherited(tag, namespaces, &needed),
            is_complete: !has_undeclared,
        })
    }

    /// Returns the number of bytes that the text of the element has besides its part of the document.
    pub(super) fn inherited_bytes(&self) -> usize {
        self.inherited.len()
    }

    /// Returns the text of the element as a document of its own, which is a part of the text if
    /// nothing around it belongs to it.
    pub(super) fn into_text(self) -> Cow<'a, str> {
        if self.inherited.is_empty() {
            return Cow::Borrowed(self.text);
        }
        let (name, rest) = self.text.split_at(self.name);
        Cow::Owned([name, &self.inherited, rest].concat())
    }
}

/// Returns the declarations around an element that belong to it: those of prefixes that it uses,
/// and those that the format does not need itself.
fn inherited(tag: &Tag<'_>, namespaces: &Namespaces<'_>, needed: &[bool]) -> String {
    let bindings = namespaces.bindings();
    let mut declarations = String::new();
    for (at, binding) in bindings.iter().enumerate() {
        let prefix = binding.prefix;
        let is_replaced = bindings[at + 1..]
            .iter()
            .any(|later| later.prefix == prefix);
        let mut own = tag.attributes.iter();
        let is_own = own.any(|attribute| attribute.declared_prefix() == Some(prefix));
        let is_of_format = matches!(&*binding.namespace, CLOUD_EVENTS | SCHEMA | INSTANCE);
        let is_wanted = needed[at] || !is_of_format;
        if is_replaced || is_own || !is_wanted || binding.namespace.is_empty() {
            continue;
        }
        declarations.push_str(" xmlns");
        if !prefix.is_empty() {
            declarations.push(':');
            declarations.push_str(prefix);
        }
        declarations.push_str("=\"");
        chars::escape_attribute(&binding.namespace, &mut declarations);
        declarations.push('"');
    }
    declarations
}

/// Returns whether a text is one element and nothing else, so that it stays the same inside a
/// document of this format, for every reader with the default limits.
pub(super) fn is_element(text: &str) -> bool {
    let Ok(mut tokens) = Tokens::new(text) else {
        return false;
    };
    let Ok(Token::Start(tag)) = tokens.next() else {
        return false;
    };
    let mut namespaces = Namespaces::new(PREFIXES.len());
    let element = DataElement::read(&tag, &mut tokens, &mut namespaces, Limits::DEFAULT);
    element.is_ok_and(|element| {
        // A prefix that is not declared could be one of the document's.
        element.is_complete && tag.start == 0 && element.text.len() == text.len()
    })
}
