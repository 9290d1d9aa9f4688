//! The namespaces of elements and attributes.

use std::borrow::Cow;

use super::attributes::{self, split};
use super::chars;
use super::malformed::{Malformed, excerpt};
use super::tokens::Tag;

pub(super) const CLOUD_EVENTS: &str = "http://cloudevents.io/xmlformat/V1";
pub(super) const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
pub(super) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The number of prefixes that an encoded event declares: those of the three namespaces above.
pub(super) const PREFIXES: usize = 3;
const XML: &str = "http://www.w3.org/XML/1998/namespace";
const DECLARATIONS: &str = "http://www.w3.org/2000/xmlns/";

/// The number of namespaces that may be in scope, so that finding one takes little time.
const MAX_NAMESPACES: usize = 256;

/// A prefix and its namespace. The default namespace has an empty prefix, and an empty namespace is
/// none.
pub(super) struct Binding<'a> {
    pub(super) prefix: &'a str,
    pub(super) namespace: Cow<'a, str>,
    depth: usize,
}

/// The namespaces that are in scope.
pub(super) struct Namespaces<'a> {
    bindings: Vec<Binding<'a>>,
    depth: usize,
    max: usize,
}

/// An element whose namespaces are known.
pub(super) struct Element<'a> {
    /// Whether it is in the namespace of CloudEvents.
    pub(super) is_of_event: bool,
    pub(super) local: &'a str,
    /// The namespace and the local part of its `xsi:type`.
    pub(super) ty: Option<(Cow<'a, str>, String)>,
    /// The prefixes that it uses, with the index of each binding.
    pub(super) used: Vec<(&'a str, Option<usize>)>,
}

impl<'a> Namespaces<'a> {
    /// Creates a scope with room for all but these namespaces.
    pub(super) fn new(reserved: usize) -> Self {
        Self {
            bindings: Vec::new(),
            depth: 0,
            max: MAX_NAMESPACES - reserved,
        }
    }

    /// Returns the bindings in scope. A later one replaces an earlier one with its prefix.
    pub(super) fn bindings(&self) -> &[Binding<'a>] {
        &self.bindings
    }

    /// Enters an element.
    pub(super) fn enter(&mut self, tag: &Tag<'a>) -> Result<Element<'a>, Malformed> {
        self.depth += 1;
        attributes::check_name(tag.name)?;
        for attribute in &tag.attributes {
            let prefix = match split(attribute.name) {
                ("", "xmlns") => "",
                ("xmlns", prefix) => prefix,
                _ => continue,
            };
            self.declare(prefix, chars::attribute_value(attribute.raw)?)?;
        }
        let mut used = Vec::new();
        let (prefix, local) = split(tag.name);
        let namespace = self.resolve_name(prefix, &mut used)?;
        let is_of_event = namespace == CLOUD_EVENTS;
        let ty = self.attributes(tag, &mut used)?;
        Ok(Element {
            is_of_event,
            local,
            ty,
            used,
        })
    }

    /// Leaves the element that was entered last.
    pub(super) fn leave(&mut self) {
        let depth = self.depth;
        self.depth -= 1;
        while self.bindings.pop_if(|last| last.depth == depth).is_some() {}
    }

    fn declare(&mut self, prefix: &'a str, namespace: Cow<'a, str>) -> Result<(), Malformed> {
        let is_reserved = matches!(prefix, "xml" | "xmlns")
            || matches!(&*namespace, XML | DECLARATIONS)
            || namespace.is_empty() && !prefix.is_empty();
        if is_reserved {
            return Err(Malformed::Namespace);
        }
        if self.bindings.len() == self.max {
            return Err(Malformed::TooMany("namespaces", self.max));
        }
        let depth = self.depth;
        let same = self.bindings.iter().rev();
        let mut same = same.take_while(|binding| binding.depth == depth);
        if same.any(|binding| binding.prefix == prefix) {
            return Err(Malformed::AttributeTwice);
        }
        self.bindings.push(Binding {
            prefix,
            namespace,
            depth,
        });
        Ok(())
    }

    /// Checks the attributes of an element, and returns its `xsi:type`.
    fn attributes(
        &self,
        tag: &Tag<'a>,
        used: &mut Vec<(&'a str, Option<usize>)>,
    ) -> Result<Option<(Cow<'a, str>, String)>, Malformed> {
        let mut names: Vec<(&str, &str)> = Vec::with_capacity(tag.attributes.len());
        let mut ty = None;
        for attribute in &tag.attributes {
            let value = chars::attribute_value(attribute.raw)?;
            let (prefix, local) = split(attribute.name);
            if prefix == "xmlns" || attribute.name == "xmlns" {
                continue;
            }
            let namespace = match prefix {
                "" => "",
                prefix => self.resolve_name(prefix, used)?,
            };
            if names.contains(&(namespace, local)) {
                return Err(Malformed::AttributeTwice);
            }
            names.push((namespace, local));
            if (namespace, local) == (INSTANCE, "type") {
                ty = Some(self.type_name(attribute.raw, &value, used));
            }
        }
        Ok(ty)
    }

    /// Resolves the value of an `xsi:type`.
    ///
    /// The usual prefixes count even if they are not declared, because implementations compare the
    /// value as text.
    fn type_name(
        &self,
        raw: &'a str,
        value: &str,
        used: &mut Vec<(&'a str, Option<usize>)>,
    ) -> (Cow<'a, str>, String) {
        let value = value.trim_matches(chars::is_space);
        let (prefix, local) = split(value);
        let at = self.find(prefix);
        let namespace = match (at, prefix) {
            (Some(at), _) => self.bindings[at].namespace.clone(),
            (None, "ce") => Cow::Borrowed(CLOUD_EVENTS),
            (None, "xs") => Cow::Borrowed(SCHEMA),
            (None, _) => Cow::Borrowed(""),
        };
        let (written, _) = split(raw.trim_matches(chars::is_space));
        used.push((written, at));
        (namespace, local.to_owned())
    }

    fn resolve_name(
        &self,
        prefix: &'a str,
        used: &mut Vec<(&'a str, Option<usize>)>,
    ) -> Result<&str, Malformed> {
        if prefix == "xml" {
            return Ok(XML);
        }
        let at = self.find(prefix);
        if at.is_none() && !prefix.is_empty() {
            return Err(Malformed::Prefix(excerpt(prefix)));
        }
        used.push((prefix, at));
        Ok(at.map_or("", |at| &*self.bindings[at].namespace))
    }

    fn find(&self, prefix: &str) -> Option<usize> {
        self.bindings
            .iter()
            .rposition(|binding| binding.prefix == prefix)
    }
}
