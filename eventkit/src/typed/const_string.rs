//! Strings for compile-time error messages, where nothing can be allocated.

/// The maximum length of a message. Text beyond it is cut off.
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

    /// Appends a string.
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

    /// Appends event types, each in quotes, separated by commas.
    pub(crate) const fn push_types(mut self, types: &[&str]) -> Self {
        let mut at = 0;
        while at < types.len() {
            let separator = if at == 0 { "\"" } else { ", \"" };
            self = self.push(separator).push(types[at]).push("\"");
            at += 1;
        }
        self
    }

    /// Appends names, each after a comma and in backticks.
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
