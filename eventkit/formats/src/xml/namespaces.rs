//! The namespaces of elements and attributes.

use std::borrow::Cow;

use super::attributes::{self, split};
use super::chars;
use super::malformed::{Malformed, excerpt};
use super::tokens::Tag;

pub(super) const CLOUD_EVENTS: &str = "http://cloudevents.io/xmlformat/V1";
pub(super) const SCHEMA: &str = "http://www.w3.org/2001/XMLSchema";
pub(super) const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";
/// The prefixes that an encoded document declares.
///
/// The default namespace stays free, so that an element that is data keeps its namespaces.
pub(super) const PREFIXES: [(&str, &str); 3] =
    [("ce", CLOUD_EVENTS), ("xs", SCHEMA), ("xsi", INSTANCE)];
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
    pub(super) ty: Option<TypeName<'a>>,
}

/// The value of an `xsi:type`.
pub(super) struct TypeName<'a> {
    /// The namespace, which is empty if the prefix is not declared.
    pub(super) namespace: Cow<'a, str>,
    pub(super) local: Cow<'a, str>,
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
        self.enter_with(tag, |_| {})
    }

    /// Enters an element, and calls a function with the index of each binding that the element uses,
    /// or with `None` for an undeclared prefix in an `xsi:type`.
    pub(super) fn enter_with(
        &mut self,
        tag: &Tag<'a>,
        mut used: impl FnMut(Option<usize>),
    ) -> Result<Element<'a>, Malformed> {
        self.depth += 1;
        attributes::check_name(tag.name)?;
        for attribute in &tag.attributes {
            if let Some(prefix) = attribute.declared_prefix() {
                self.declare(prefix, chars::attribute_value(attribute.raw)?)?;
            }
        }
        let (prefix, local) = split(tag.name);
        let is_of_event = self.resolve(prefix, &mut used)? == CLOUD_EVENTS;
        let ty = self.attributes(tag, &mut used)?;
        Ok(Element {
            is_of_event,
            local,
            ty,
        })
    }

    /// Leaves the element that was entered last.
    pub(super) fn leave(&mut self) {
        let depth = self.depth;
        self.depth -= 1;
        while self.bindings.pop_if(|last| last.depth == depth).is_some() {}
    }

    fn declare(&mut self, prefix: &'a str, namespace: Cow<'a, str>) -> Result<(), Malformed> {
        if prefix == "xml" && namespace == XML {
            return Ok(());
        }
        let is_reserved = matches!(prefix, "xml" | "xmlns")
            || matches!(&*namespace, XML | DECLARATIONS)
            || namespace.is_empty() && !prefix.is_empty();
        if is_reserved {
            return Err(Malformed::Namespace);
        }
        if self.bindings.len() == self.max {
            return Err(Malformed::TooMany("namespaces", self.max));
        }
        self.bindings.push(Binding {
            prefix,
            namespace,
            depth: self.depth,
        });
        Ok(())
    }

    /// Checks the attributes of an element, and returns its `xsi:type`.
    fn attributes(
        &self,
        tag: &Tag<'a>,
        used: &mut impl FnMut(Option<usize>),
    ) -> Result<Option<TypeName<'a>>, Malformed> {
        let mut qualified = 0;
        let mut ty = None;
        for attribute in &tag.attributes {
            if attribute.declared_prefix().is_some() {
                continue;
            }
            let value = chars::attribute_value(attribute.raw)?;
            let (prefix, local) = split(attribute.name);
            // An attribute without a prefix has no namespace.
            if !prefix.is_empty() {
                qualified += 1;
                if self.resolve(prefix, used)? == INSTANCE && local == "type" {
                    ty = Some(self.type_name(&value, used));
                }
            }
        }
        if qualified > 1 {
            self.check_unique(tag)?;
        }
        Ok(ty)
    }

    /// Checks that no two attributes have the same name after their prefixes are resolved.
    fn check_unique(&self, tag: &Tag<'_>) -> Result<(), Malformed> {
        let mut names: Vec<(&str, &str)> = Vec::with_capacity(tag.attributes.len());
        for attribute in &tag.attributes {
            let (prefix, local) = split(attribute.name);
            if prefix.is_empty() || attribute.declared_prefix().is_some() {
                continue;
            }
            let name = (self.resolve(prefix, &mut |_| {})?, local);
            if names.contains(&name) {
                return Err(Malformed::AttributeTwice);
            }
            names.push(name);
        }
        Ok(())
    }

    /// Resolves the value of an `xsi:type`.
    ///
    /// The usual prefixes count even if they are not declared, because implementations compare the
    /// value as text.
    fn type_name(
        &self,
        value: &Cow<'a, str>,
        used: &mut impl FnMut(Option<usize>),
    ) -> TypeName<'a> {
        let name = value.trim_matches(chars::is_space);
        let (prefix, local) = split(name);
        let at = self.find(prefix);
        if at.is_some() || !prefix.is_empty() {
            used(at);
        }
        let namespace = match (at, prefix) {
            (Some(at), _) => self.bindings[at].namespace.clone(),
            (None, "ce") => Cow::Borrowed(CLOUD_EVENTS),
            (None, "xs") => Cow::Borrowed(SCHEMA),
            (None, _) => Cow::Borrowed(""),
        };
        let local = match value {
            Cow::Borrowed(value) => {
                let value: &'a str = value;
                Cow::Borrowed(split(value.trim_matches(chars::is_space)).1)
            }
            Cow::Owned(_) => Cow::Owned(local.to_owned()),
        };
        TypeName { namespace, local }
    }

    /// Returns the namespace of the name of an element or an attribute.
    fn resolve(
        &self,
        prefix: &str,
        used: &mut impl FnMut(Option<usize>),
    ) -> Result<&str, Malformed> {
        if prefix == "xml" {
            return Ok(XML);
        }
        match self.find(prefix) {
            Some(at) => {
                used(Some(at));
                Ok(&self.bindings[at].namespace)
            }
            None if prefix.is_empty() => Ok(""),
            None => Err(Malformed::Prefix(excerpt(prefix))),
        }
    }

    fn find(&self, prefix: &str) -> Option<usize> {
        self.bindings
            .iter()
            .rposition(|binding| binding.prefix == prefix)
    }
}
