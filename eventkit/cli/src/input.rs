//! Events in the input: one, a batch, or JSON Lines.
//!
//! Memory is bounded by one event: neither lines nor the elements of a batch are collected.

use std::cell::Cell;
use std::fmt;
use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal, Read};
use std::path::{Path, PathBuf};

use bytes::Bytes;
use eventkit::Limits;
use serde::de::{Deserialize, Deserializer as _, Error as _, SeqAccess, Visitor};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::failure::Failure;
use crate::output;

/// The maximum size of an event, as for every decoder of the library.
const MAX_EVENT_BYTES: usize = Limits::DEFAULT.body_bytes;

/// The byte order mark of UTF-8, which some editors and shells put before a text.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The location of an event in the input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The line, or `None` if a value covers several lines.
    pub(crate) line: Option<usize>,
    /// The zero-based index in the batch of the line, or among the values that cover several lines.
    pub(crate) index: Option<usize>,
}

/// An event in the input, which is not decoded yet.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) place: Place,
    /// The JSON text, or the reason why there is none.
    pub(crate) json: Result<Bytes, String>,
}

/// A function that takes each event.
type Take<'a> = dyn FnMut(Found) -> Result<(), Failure> + 'a;

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.index) {
            (Some(line), Some(index)) => write!(f, "line {line}, index {index}"),
            (Some(line), None) => write!(f, "line {line}"),
            (None, Some(index)) => write!(f, "index {index}"),
            (None, None) => f.write_str("input"),
        }
    }
}

/// Opens a file, or the standard input if there is no path or it is `-`.
pub(crate) fn open(path: Option<&PathBuf>) -> Result<Box<dyn BufRead + Send>, Failure> {
    let Some(path) = path.filter(|path| path.as_path() != Path::new("-")) else {
        if io::stdin().is_terminal() {
            output::note("reading from the terminal; end with Ctrl-D");
        }
        return Ok(Box::new(BufReader::new(io::stdin())));
    };
    match File::open(path) {
        Ok(file) => Ok(Box::new(BufReader::new(file))),
        Err(error) => Err(Failure::file(path.display(), &error)),
    }
}

/// Reads all of the input, up to the maximum size of an event.
pub(crate) fn read_whole(reader: impl Read) -> Result<Bytes, Failure> {
    let mut bytes = Vec::new();
    let limit = MAX_EVENT_BYTES as u64 + 1;
    let read = reader.take(limit).read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&error))?;
    if bytes.len() > MAX_EVENT_BYTES {
        return Err(Failure::data(too_large("the input")));
    }
    Ok(bytes.into())
}

/// Reads the events of the input, and passes each one on.
///
/// If the first line is complete, each line is an event or a batch, and a malformed line does not prevent the
/// others from being read. Otherwise, the input consists of values that may cover several lines.
pub(crate) fn read(mut reader: impl BufRead, take: &mut Take<'_>) -> Result<(), Failure> {
    let mut line = 1;
    let mut first = Vec::new();
    while first.trim_ascii().is_empty() {
        first.clear();
        if read_line(&mut reader, &mut first)? == 0 {
            return Ok(());
        }
        if line == 1 && first.starts_with(BYTE_ORDER_MARK) {
            first.drain(..BYTE_ORDER_MARK.len());
        }
        line += 1;
    }
    let first_line = line - 1;
    if is_incomplete(&first) {
        return read_values(io::Cursor::new(first).chain(reader), take);
    }
    let mut text = first;
    let mut number = first_line;
    loop {
        if text.len() > MAX_EVENT_BYTES {
            return Err(Failure::data(too_large(&format!("line {number}"))));
        }
        take_line(number, &text, take)?;
        text.clear();
        if read_line(&mut reader, &mut text)? == 0 {
            return Ok(());
        }
        number += 1;
    }
}

/// Reads a line, or the first bytes of one that is too long.
fn read_line(reader: &mut impl BufRead, line: &mut Vec<u8>) -> Result<usize, Failure> {
    let limit = MAX_EVENT_BYTES as u64 + 1;
    let read = reader.take(limit).read_until(b'\n', line);
    read.map_err(|error| unreadable(&error))
}

/// Returns whether the text is the beginning of a value.
fn is_incomplete(text: &[u8]) -> bool {
    let read = serde_json::from_slice::<&RawValue>(text);
    // A batch on one line may be longer than an event.
    text.len() > MAX_EVENT_BYTES || read.is_err_and(|error| error.is_eof())
}

fn take_line(line: usize, text: &[u8], take: &mut Take<'_>) -> Result<(), Failure> {
    let text = text.trim_ascii();
    let mut place = Place {
        line: Some(line),
        index: None,
    };
    if text.is_empty() {
        return Ok(());
    }
    if !text.starts_with(b"[") {
        let checked = serde_json::from_slice::<&RawValue>(text);
        let json = checked.map(|_| Bytes::copy_from_slice(text));
        let json = json.map_err(|error| not_json(&error));
        return take(Found { place, json });
    }
    match serde_json::from_slice::<Vec<&RawValue>>(text) {
        Ok(elements) => {
            for (index, element) in elements.into_iter().enumerate() {
                place.index = Some(index);
                let json = Ok(Bytes::copy_from_slice(element.get().as_bytes()));
                take(Found { place, json })?;
            }
            Ok(())
        }
        Err(error) => take(Found {
            place,
            json: Err(not_json(&error)),
        }),
    }
}

/// Reads values that may cover several lines. After a malformed one, it is unknown where the next one begins.
fn read_values(reader: impl BufRead, take: &mut Take<'_>) -> Result<(), Failure> {
    let budget = Cell::new(MAX_EVENT_BYTES);
    let mut reader = Budgeted {
        reader,
        budget: &budget,
    };
    let mut index = 0;
    while let Some(start) = reader.next_value()? {
        budget.set(MAX_EVENT_BYTES);
        let mut deserializer = Deserializer::from_reader(&mut reader);
        let mut failure = None;
        let read = if start == b'[' {
            let mut element = |json: Box<RawValue>| {
                budget.set(MAX_EVENT_BYTES);
                let place = Place {
                    line: None,
                    index: Some(index),
                };
                index += 1;
                let json = Ok(Bytes::from(json.get().to_owned()));
                let taken = take(Found { place, json });
                taken.map_err(|error| failure = Some(error)).is_ok()
            };
            let read = deserializer.deserialize_seq(Batch(&mut element));
            read.map_err(|error| (error, Some(index)))
        } else {
            let place = Place {
                line: None,
                index: Some(index),
            };
            match Box::<RawValue>::deserialize(&mut deserializer) {
                Ok(json) => {
                    let json = Ok(Bytes::from(json.get().to_owned()));
                    take(Found { place, json })?;
                    index += 1;
                    Ok(())
                }
                Err(error) => Err((error, Some(index))),
            }
        };
        if let Some(failure) = failure {
            return Err(failure);
        }
        if let Err((error, index)) = read {
            let place = Place { line: None, index };
            if error.is_io() && budget.get() == 0 {
                return Err(Failure::data(too_large(&place.to_string())));
            }
            if error.is_io() {
                return Err(unreadable(&error.into()));
            }
            let json = Err(not_json(&error));
            return take(Found { place, json });
        }
    }
    Ok(())
}

/// A batch, whose elements are passed on one by one until the function returns `false`.
struct Batch<'a>(&'a mut dyn FnMut(Box<RawValue>) -> bool);

impl<'de> Visitor<'de> for Batch<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a batch of events")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        while let Some(element) = elements.next_element()? {
            if !(self.0)(element) {
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// A reader that fails once one event is too large.
struct Budgeted<'a, R> {
    reader: R,
    budget: &'a Cell<usize>,
}

impl<R: BufRead> Budgeted<'_, R> {
    /// Skips white space, and returns the first byte of the next value.
    fn next_value(&mut self) -> Result<Option<u8>, Failure> {
        loop {
            let bytes = self.reader.fill_buf().map_err(|error| unreadable(&error))?;
            let blank = bytes.iter().take_while(|byte| byte.is_ascii_whitespace());
            let blank = blank.count();
            match bytes.get(blank) {
                Some(byte) => {
                    let byte = *byte;
                    self.reader.consume(blank);
                    return Ok(Some(byte));
                }
                None if blank == 0 => return Ok(None),
                None => self.reader.consume(blank),
            }
        }
    }
}

impl<R: BufRead> Read for Budgeted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(self.budget.get());
        if most == 0 && !into.is_empty() {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let read = self.reader.read(&mut into[..most])?;
        self.budget.set(self.budget.get() - read);
        Ok(read)
    }
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::data(format!("failed to read the input: {error}"))
}

fn not_json(error: &serde_json::Error) -> String {
    format!("malformed JSON: {error}")
}

fn too_large(what: &str) -> String {
    format!("{what} is over {MAX_EVENT_BYTES} bytes, the maximum size of an event")
}
