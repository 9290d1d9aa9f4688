//! Reads attributes as most producers write them, in few steps.
//!
//! What is written in any other way is left to who reads all members.

use crate::event::json::{is_space, plain_ascii_len};
use crate::event::{Envelope, name};

/// The name of an attribute.
enum Name<'a> {
    /// The place among [all](name::CORE) of a core attribute.
    Core(usize),
    /// Any name but those of data.
    Plain(&'a str),
}

/// Reads the members from a place on that are attributes, plain text, and not the last ones of
/// their object, and returns the place of the next member.
///
/// All that it knows while it reads is in places of one text, which stay in registers where it is a
/// function of its own.
#[inline(never)]
pub(super) fn attributes<'a>(text: &'a str, mut at: usize, envelope: &mut Envelope<'a>) -> usize {
    while let Some((name, value, next)) = attribute(text, at) {
        match name {
            Name::Core(at) => envelope.set_core_plain(at, value),
            Name::Plain(name) => envelope.set_plain(name, value),
        }
        at = next;
    }
    at
}

/// Reads one member, and returns name and value of the attribute, and the place of the next member.
#[inline]
fn attribute(text: &str, at: usize) -> Option<(Name<'_>, &str, usize)> {
    let bytes = text.as_bytes();
    let (name, end) = match core_name(bytes, at) {
        Some((at, end)) => (Name::Core(at), end),
        None => plain_name(text, at)?,
    };
    let start = after(bytes, end, b'"')?;
    let rest = bytes.get(start..)?;
    let len = plain_ascii_len(rest);
    let next = match rest.get(len..)?.first_chunk() {
        Some(b"\",\"") => start + len + 2,
        _ => next_member(bytes, start + len)?,
    };
    // `get` would be a call, which costs as much as a short value does.
    let (_, rest) = text.split_at_checked(start)?;
    let (value, _) = rest.split_at_checked(len)?;
    Some((name, value, next))
}

/// Reads a name that may be of an extension, and the colon after it.
#[inline(never)]
fn plain_name(text: &str, at: usize) -> Option<(Name<'_>, usize)> {
    let bytes = text.as_bytes();
    let start = after(bytes, at, b'"')?;
    let rest = bytes.get(start..)?;
    if rest.starts_with(name::DATA.as_bytes()) {
        return None;
    }
    let end = start + plain_ascii_len(rest);
    if !bytes.get(end..)?.starts_with(b"\":") {
        return None;
    }
    Some((Name::Plain(text.get(start..end)?), end + 2))
}

/// Returns the place of the member after a value that ends at a place with its closing quote.
#[inline(never)]
fn next_member(bytes: &[u8], end: usize) -> Option<usize> {
    if bytes.get(end) != Some(&b'"') {
        return None;
    }
    let comma = after(bytes, end + 1, b',')?;
    Some(after(bytes, comma, b'"')? - 1)
}

/// Reads the name of a core attribute and the colon after it.
///
/// Few bytes tell which one it can be.
#[inline]
fn core_name(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = bytes.get(at..)?;
    let (attribute, len) = match [*rest.get(1)?, *rest.get(2)?] {
        [b'i', _] => starts(rest, b"\"id\":", name::ID_AT),
        [b's', b'o'] => starts(rest, b"\"source\":", name::SOURCE_AT),
        [b's', b'p'] => starts(rest, b"\"specversion\":", name::SPECVERSION_AT),
        [b's', _] => starts(rest, b"\"subject\":", name::SUBJECT_AT),
        [b't', b'y'] => starts(rest, b"\"type\":", name::TYPE_AT),
        [b't', _] => starts(rest, b"\"time\":", name::TIME_AT),
        [b'd', _] => match rest.get(5)? {
            b'c' => starts(rest, b"\"datacontenttype\":", name::DATACONTENTTYPE_AT),
            b's' => starts(rest, b"\"dataschema\":", name::DATASCHEMA_AT),
            _ => None,
        },
        _ => None,
    }?;
    Some((attribute, at + len))
}

#[inline]
fn starts<const N: usize>(rest: &[u8], name: &[u8; N], at: usize) -> Option<(usize, usize)> {
    (rest.first_chunk() == Some(name)).then_some((at, N))
}

/// Returns the place after a byte that is next, white space aside.
#[inline]
fn after(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    match bytes.get(at)? {
        next if *next == byte => Some(at + 1),
        _ => after_space(bytes, at, byte),
    }
}

#[inline(never)]
fn after_space(bytes: &[u8], at: usize, byte: u8) -> Option<usize> {
    let rest = bytes.get(at..)?;
    let at = at + rest.iter().take_while(|byte| is_space(**byte)).count();
    (bytes.get(at) == Some(&byte)).then_some(at + 1)
}
