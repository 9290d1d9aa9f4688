//! Messages that are put together while the compiler runs, where nothing can be allocated.

/// The longest message; what does not fit is left out.
const CAPACITY: usize = 900;

/// A message for `panic!` in a constant.
pub(crate) struct ConstString {
    bytes: [u8; CAPACITY],
    len: usize,
}

impl ConstString {
    pub(crate) const fn new() -> Self {
        let bytes = [0; CAPACITY];
        Self { bytes, len: 0 }
    }

    /// Adds a text.
    pub(crate) const fn push(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        if self.len + text.len() > CAPACITY {
            return self;
        }
        let mut at = 0;
        while at < text.len() {
            self.bytes[self.len] = text[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    /// Adds event types, each in quotes, with commas between them.
    pub(crate) const fn push_types(mut self, types: &[&str]) -> Self {
        let mut at = 0;
        while at < types.len() {
            let separator = if at == 0 { "\"" } else { ", \"" };
            self = self.push(separator).push(types[at]).push("\"");
            at += 1;
        }
        self
    }

    /// Adds names, each in backticks and after a comma.
    pub(crate) const fn push_names(mut self, names: &[&str]) -> Self {
        let mut at = 0;
        while at < names.len() {
            self = self.push(", `").push(names[at]).push("`");
            at += 1;
        }
        self
    }

    pub(crate) const fn as_str(&self) -> &str {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(text) => text,
            Err(_) => "",
        }
    }
}
