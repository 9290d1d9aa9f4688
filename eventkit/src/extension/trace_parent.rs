//! The trace context of an event.

use std::fmt;
use std::str::FromStr;

use crate::event::AttributeError;

pub(super) const EXPECTED: &str = "a traceparent, such as 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01 (W3C Trace Context, 3.2)";

/// The flag that the caller may have recorded the trace.
const SAMPLED: u8 = 1;

/// The id of a trace, and of the span in it that sent the event.
///
/// The text is checked by W3C Trace Context (3.2): lower-case hexadecimal digits, no all-zero id,
/// and no version `ff`. Of a later version, the fields of version `00` are read and the others
/// ignored.
///
/// ```
/// use eventkit::extension::TraceParent;
///
/// let parent: TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse()?;
/// assert_eq!(parent.trace_id(), 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c);
/// assert!(parent.is_sampled());
///
/// let child = TraceParent::new(parent.trace_id(), 0xb9c7_c989_f979_18e1, parent.flags())?;
/// assert_eq!(child.to_string(), "00-0af7651916cd43dd8448eb211c80319c-b9c7c989f97918e1-01");
/// # Ok::<(), eventkit::event::AttributeError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TraceParent {
    trace_id: u128,
    parent_id: u64,
    flags: u8,
}

impl TraceParent {
    /// Creates a trace parent from its parts.
    ///
    /// # Errors
    ///
    /// Returns an error if an id is zero.
    pub fn new(trace_id: u128, parent_id: u64, flags: u8) -> Result<Self, AttributeError> {
        let parent = Self {
            trace_id,
            parent_id,
            flags,
        };
        if trace_id == 0 || parent_id == 0 {
            return Err(AttributeError::new(&parent.to_string(), EXPECTED));
        }
        Ok(parent)
    }

    /// Returns the id of the whole trace.
    #[must_use]
    pub fn trace_id(&self) -> u128 {
        self.trace_id
    }

    /// Returns the id of the span that sent the event.
    #[must_use]
    pub fn parent_id(&self) -> u64 {
        self.parent_id
    }

    /// Returns the flags.
    #[must_use]
    pub fn flags(&self) -> u8 {
        self.flags
    }

    /// Returns whether the caller may have recorded the trace.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.flags & SAMPLED != 0
    }
}

fn hex(text: &str, digits: usize) -> Option<u128> {
    let lower = |byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let valid = text.len() == digits && text.bytes().all(lower);
    valid.then(|| u128::from_str_radix(text, 16).ok()).flatten()
}

fn parse(text: &str) -> Option<TraceParent> {
    let mut parts = text.splitn(5, '-');
    let version = hex(parts.next()?, 2)?;
    let trace_id = hex(parts.next()?, 32)?;
    let parent_id = u64::try_from(hex(parts.next()?, 16)?).ok()?;
    let flags = u8::try_from(hex(parts.next()?, 2)?).ok()?;
    let more = parts.next().is_some();
    if version == 0xff || (version == 0 && more) {
        return None;
    }
    TraceParent::new(trace_id, parent_id, flags).ok()
}

impl FromStr for TraceParent {
    type Err = AttributeError;

    fn from_str(text: &str) -> Result<Self, AttributeError> {
        parse(text).ok_or_else(|| AttributeError::new(text, EXPECTED))
    }
}

impl fmt::Display for TraceParent {
    /// Writes the text in version `00`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            trace_id,
            parent_id,
            flags,
        } = self;
        write!(f, "00-{trace_id:032x}-{parent_id:016x}-{flags:02x}")
    }
}
