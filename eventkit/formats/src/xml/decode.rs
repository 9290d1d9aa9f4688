//! The decoder of XML events.

use std::borrow::Cow;

use bytes::Bytes;
use eventkit::binding::BinaryReader;
use eventkit::event::{AttributeRef, Data, Violation};
use eventkit::{DecodeError, Event, Limits};

use super::chars;
use super::element::{DataElement, ElementError};
use super::encode::declares_xml;
use super::malformed::{Malformed, excerpt};
use super::namespaces::{CLOUD_EVENTS, Element, Namespaces, SCHEMA};
use super::tokens::{Tag, Token, Tokens};
use super::types::{self, Type};

/// The media type of an element without one.
const XML: &str = "application/xml";

/// Decodes one event.
pub(super) fn event(bytes: &Bytes, limits: Limits) -> Result<Event, DecodeError> {
    let mut document = Document::new(bytes, limits)?;
    let tag = document.root("event")?;
    let event = document.event(&tag)?;
    document.end()?;
    Ok(event)
}

/// Decodes a batch; fails at the first element that is not a valid event.
pub(super) fn batch(bytes: &Bytes, limits: Limits) -> Result<Vec<Event>, DecodeError> {
    let mut document = Document::new(bytes, limits)?;
    document.root("batch")?;
    let mut events = Vec::new();
    while let Some(tag) = document.child()? {
        limits.check_batch_events(events.len() + 1)?;
        let element = document.enter(&tag)?;
        expect(&element, "event")?;
        let event = document.event(&tag);
        events.push(event.map_err(|error| error.in_element(events.len()))?);
    }
    document.end()?;
    Ok(events)
}

fn malformed(reason: impl Into<Malformed>) -> DecodeError {
    DecodeError::malformed("XML", reason.into())
}

/// Checks the name of an element of the format.
fn expect(element: &Element<'_>, expected: &'static str) -> Result<(), DecodeError> {
    if element.is_of_event && element.local == expected {
        return Ok(());
    }
    let found = excerpt(element.local);
    Err(malformed(Malformed::Element { found, expected }))
}

/// A document of one event or a batch.
struct Document<'a> {
    tokens: Tokens<'a>,
    namespaces: Namespaces<'a>,
    bytes: &'a Bytes,
    limits: Limits,
    /// The number of bytes of declarations that elements in data got from around them.
    inherited_bytes: usize,
}

/// The data of an event, as its element contains it.
enum DataContent<'a> {
    Text(Cow<'a, str>),
    Binary(Bytes),
    Element(Cow<'a, str>),
}

impl<'a> Document<'a> {
    fn new(bytes: &'a Bytes, limits: Limits) -> Result<Self, DecodeError> {
        limits.check_body_bytes(bytes.len())?;
        let text = std::str::from_utf8(bytes).map_err(|_| malformed(Malformed::NotUtf8))?;
        // A byte order mark is a part of the encoding.
        let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
        Ok(Self {
            tokens: Tokens::new(text).map_err(malformed)?,
            namespaces: Namespaces::new(0),
            bytes,
            limits,
            inherited_bytes: 0,
        })
    }

    fn next(&mut self) -> Result<Token<'a>, DecodeError> {
        self.tokens.next().map_err(malformed)
    }

    fn enter(&mut self, tag: &Tag<'a>) -> Result<Element<'a>, DecodeError> {
        self.namespaces.enter(tag).map_err(malformed)
    }

    /// Enters the root.
    fn root(&mut self, expected: &'static str) -> Result<Tag<'a>, DecodeError> {
        loop {
            match self.next()? {
                Token::Start(tag) => {
                    let element = self.enter(&tag)?;
                    expect(&element, expected)?;
                    return Ok(tag);
                }
                Token::Text(_) | Token::Character(_) | Token::Ignored => {}
                Token::End | Token::EndOfDocument => return Err(malformed(Malformed::Truncated)),
            }
        }
    }

    /// Reads the rest of the document, in which nothing may follow the root.
    fn end(&mut self) -> Result<(), DecodeError> {
        loop {
            match self.next()? {
                Token::EndOfDocument => return Ok(()),
                Token::Text(_) | Token::Character(_) | Token::Ignored => {}
                Token::Start(_) | Token::End => return Err(malformed(Malformed::SecondRoot)),
            }
        }
    }

    /// Returns the next child of an element without text, or `None` at its end.
    fn child(&mut self) -> Result<Option<Tag<'a>>, DecodeError> {
        loop {
            match self.next()? {
                Token::Start(tag) => return Ok(Some(tag)),
                Token::End => {
                    self.namespaces.leave();
                    return Ok(None);
                }
                Token::Text(text) if text.chars().all(chars::is_space) => {}
                Token::Character(character) if chars::is_space(character) => {}
                Token::Text(_) | Token::Character(_) => return Err(malformed(Malformed::Text)),
                Token::Ignored => {}
                Token::EndOfDocument => return Err(malformed(Malformed::Truncated)),
            }
        }
    }

    /// Returns the text of an element without children.
    fn text(&mut self, name: &str) -> Result<Cow<'a, str>, DecodeError> {
        let mut whole = Cow::Borrowed("");
        loop {
            match self.next()? {
                Token::Text(text) if whole.is_empty() => whole = text,
                Token::Text(text) => whole.to_mut().push_str(&text),
                Token::Character(character) => whole.to_mut().push(character),
                Token::Ignored => {}
                Token::Start(_) => return Err(malformed(Malformed::Child(excerpt(name)))),
                Token::End => {
                    self.namespaces.leave();
                    return Ok(whole);
                }
                Token::EndOfDocument => return Err(malformed(Malformed::Truncated)),
            }
        }
    }

    /// Reads the event whose tag was entered, up to its end.
    fn event(&mut self, tag: &Tag<'a>) -> Result<Event, DecodeError> {
        let mut event = PartialElement::new(self.limits);
        let mut attributes = tag.attributes.iter();
        if let Some(version) = attributes.find(|own| own.name == "specversion") {
            let text = chars::attribute_value(version.raw).map_err(malformed)?;
            event.set("specversion", text);
        }
        let mut data = None;
        while let Some(tag) = self.child()? {
            let element = self.enter(&tag)?;
            if !element.is_of_event {
                return Err(malformed(Malformed::Foreign(excerpt(element.local))));
            }
            if element.local != "data" {
                let text = self.text(element.local)?;
                event.attribute(&element, text);
            } else if data.is_some() {
                return Err(malformed(Malformed::DataTwice));
            } else {
                data = Some(self.data(&element)?);
            }
        }
        event.finish(data, self.bytes)
    }

    /// Reads the element `data` that was entered, up to its end.
    fn data(&mut self, element: &Element<'a>) -> Result<DataContent<'a>, DecodeError> {
        let ty = element.ty.as_ref();
        let ty = ty.filter(|ty| ty.namespace == SCHEMA);
        match ty.map(|ty| &*ty.local) {
            Some("string") => self.text("data").map(DataContent::Text),
            Some("base64Binary") => {
                let text = self.text("data")?;
                let bytes = types::base64(&text);
                let bytes = bytes.map_err(|error| malformed(Malformed::DataBase64(error)))?;
                Ok(DataContent::Binary(bytes))
            }
            Some("any") => self.element().map(DataContent::Element),
            _ => Err(malformed(Malformed::DataType)),
        }
    }

    /// Reads the only child of the element `data`, up to the end of `data`.
    fn element(&mut self) -> Result<Cow<'a, str>, DecodeError> {
        let not_one = || malformed(Malformed::DataElement);
        let tag = self.child()?.ok_or_else(not_one)?;
        let element = DataElement::read(&tag, &mut self.tokens, &mut self.namespaces, self.limits);
        let element = element.map_err(|error| match error {
            ElementError::Malformed(reason) => malformed(reason),
            ElementError::TooDeep(exceeded) => exceeded.into(),
        })?;
        // The declarations around a batch would otherwise be copied to each of its events.
        self.inherited_bytes += element.inherited_bytes();
        self.limits.check_body_bytes(self.inherited_bytes)?;
        match self.child()? {
            None => Ok(element.into_text()),
            Some(_) => Err(not_one()),
        }
    }
}

/// An event, while it is read.
struct PartialElement<'a> {
    reader: BinaryReader<'a>,
    content_type: Option<Cow<'a, str>>,
}

impl<'a> PartialElement<'a> {
    fn new(limits: Limits) -> Self {
        Self {
            reader: BinaryReader::new(limits),
            content_type: None,
        }
    }

    fn set(&mut self, name: &'a str, text: Cow<'a, str>) {
        match text {
            Cow::Borrowed(text) => self.reader.attribute(name, AttributeRef::Text(text)),
            Cow::Owned(text) => self.reader.attribute_value(name, text.into()),
        }
    }

    /// Adds the attribute of an element.
    fn attribute(&mut self, element: &Element<'a>, text: Cow<'a, str>) {
        let name = element.local;
        let declared = element.ty.as_ref().map(|ty| {
            let is_of_event = ty.namespace == CLOUD_EVENTS;
            Type::find(&ty.local).filter(|_| is_of_event)
        });
        if name == "specversion" {
            let expected = "an attribute of the element `event`";
            return self.violation(name, &text, expected, "XML format, 4");
        }
        let Some(ty) = Type::of_core_attribute(name) else {
            return match declared.flatten().map(|ty| ty.parse(&text)) {
                Some(Ok(value)) => self.reader.attribute_value(name, value),
                Some(Err(expected)) => self.violation(name, &text, expected, "XML format, 2"),
                None => {
                    let expected = "an `xsi:type` of the seven types, such as `ce:string`";
                    self.violation(name, &text, expected, "XML format, 2");
                }
            };
        };
        if declared.is_some_and(|declared| declared != Some(ty)) {
            let expected = format!("`ce:{}` as its `xsi:type`", ty.name());
            return self.violation(name, &text, expected, "XML format, 2");
        }
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(ty.trim(text)),
            Cow::Owned(text) => Cow::Owned(ty.trim(&text).to_owned()),
        };
        if name == "datacontenttype" {
            self.content_type = Some(text.clone());
        }
        self.set(name, text);
    }

    fn violation(
        &mut self,
        name: &str,
        value: &str,
        expected: impl Into<Cow<'static, str>>,
        section: &'static str,
    ) {
        let violation = Violation::new(name.to_owned(), value, expected, section);
        self.reader.add_violation(violation);
    }

    fn finish(
        mut self,
        data: Option<DataContent<'a>>,
        bytes: &Bytes,
    ) -> Result<Event, DecodeError> {
        let data = match data {
            None => None,
            Some(DataContent::Binary(bytes)) => return self.reader.into_event(bytes),
            Some(DataContent::Text(text)) => Some(text_data(text, bytes)?),
            Some(DataContent::Element(text)) => {
                self.declare_xml();
                Some(text_data(text, bytes)?)
            }
        };
        self.reader.into_event_with(data)
    }

    /// Adds the content type of an element, or checks that it is XML.
    fn declare_xml(&mut self) {
        match self.content_type.take() {
            None => self
                .reader
                .attribute("datacontenttype", AttributeRef::Text(XML)),
            Some(content_type) if !declares_xml(&content_type) => {
                let expected = "a media type of XML, since the data is `xs:any`";
                self.violation(
                    "datacontenttype",
                    &content_type,
                    expected,
                    "XML format, 3.3",
                );
            }
            Some(_) => {}
        }
    }
}

/// Creates data, which shares the bytes of the document if the text is a part of it.
fn text_data(text: Cow<'_, str>, bytes: &Bytes) -> Result<Data, DecodeError> {
    match text {
        Cow::Owned(text) => Ok(Data::text(text)),
        Cow::Borrowed(text) => {
            let shared = Data::from_utf8(bytes.slice_ref(text.as_bytes()));
            shared.map_err(|_| malformed(Malformed::NotUtf8))
        }
    }
}
