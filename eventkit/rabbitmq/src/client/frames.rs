//! Frames of the broker that the client cannot read, and how they are made readable.
//!
//! RabbitMQ passes on what the sender of a message wrote. A client that closes its connection for it, or ends
//! with its process, gets the same message again each time. All changes keep the length of the frame.

/// The kinds of frames.
pub(super) const METHOD: u8 = 1;
pub(super) const HEADER: u8 = 2;
pub(super) const BODY: u8 = 3;
pub(super) const HEARTBEAT: u8 = 8;

/// The maximum depth of nested tables and arrays. The client reads them recursively, and a thousand levels overflow
/// the stack of its thread.
const MAX_DEPTH: usize = 32;

/// The methods that have the names and keys of a message: their class and number.
const DELIVER: [u8; 4] = [0, 60, 0, 60];
const RETURN: [u8; 4] = [0, 60, 0, 50];

/// The types of the properties of a message, in their order.
const PROPERTIES: [Property; 14] = [
    Property::ShortString, // content-type
    Property::ShortString, // content-encoding
    Property::Table,       // headers
    Property::Octets(1),   // delivery-mode
    Property::Octets(1),   // priority
    Property::ShortString, // correlation-id
    Property::ShortString, // reply-to
    Property::ShortString, // expiration
    Property::ShortString, // message-id
    Property::Octets(8),   // timestamp
    Property::ShortString, // type
    Property::ShortString, // user-id
    Property::ShortString, // app-id
    Property::ShortString, // cluster-id
];

#[derive(Debug, Clone, Copy)]
enum Property {
    ShortString,
    Table,
    Octets(usize),
}

/// Makes the payload of a frame readable for the client: replaces bytes outside of ASCII by `?` in short strings that
/// are not UTF-8, and turns tables and arrays that are nested too deeply into byte arrays.
///
/// A payload that is not well-formed is left to the client.
pub(super) fn make_readable(kind: u8, payload: &mut [u8]) {
    let mut frame = Frame { payload, at: 0 };
    // A malformed payload is the client's to report.
    let _ = match kind {
        METHOD => frame.method(),
        HEADER => frame.header(),
        _ => None,
    };
}

/// A payload that is read from its beginning. A method returns `None` at what is not well-formed.
struct Frame<'a> {
    payload: &'a mut [u8],
    at: usize,
}

impl Frame<'_> {
    fn method(&mut self) -> Option<()> {
        match self.take::<4>()? {
            DELIVER => {
                self.short_string()?;
                // The delivery tag, and whether it is delivered again.
                self.skip(9)?;
            }
            RETURN => {
                // The reply code.
                self.skip(2)?;
                self.short_string()?;
            }
            _ => return None,
        }
        // The exchange and the routing key.
        self.short_string()?;
        self.short_string()
    }

    fn header(&mut self) -> Option<()> {
        // The class, the weight, and the size of the body.
        self.skip(12)?;
        let flags = u16::from_be_bytes(self.take()?);
        for (index, property) in PROPERTIES.into_iter().enumerate() {
            if flags & (0x8000 >> index) == 0 {
                continue;
            }
            match property {
                Property::ShortString => self.short_string()?,
                Property::Table => self.table(0)?,
                Property::Octets(count) => self.skip(count)?,
            }
        }
        Some(())
    }

    fn table(&mut self, depth: usize) -> Option<()> {
        let end = self.end()?;
        while self.at < end {
            self.short_string()?;
            self.value(depth)?;
        }
        Some(())
    }

    fn array(&mut self, depth: usize) -> Option<()> {
        let end = self.end()?;
        while self.at < end {
            self.value(depth)?;
        }
        Some(())
    }

    fn value(&mut self, depth: usize) -> Option<()> {
        let ty = self.at;
        match self.take::<1>()?[0] {
            b'V' => Some(()),
            b't' | b'b' | b'B' => self.skip(1),
            b's' | b'U' | b'u' => self.skip(2),
            b'I' | b'i' | b'f' => self.skip(4),
            b'D' => self.skip(5),
            b'L' | b'l' | b'd' | b'T' => self.skip(8),
            b'S' | b'x' => self.long(),
            b'F' | b'A' if depth == MAX_DEPTH => {
                // All of them begin with their length.
                self.payload[ty] = b'x';
                self.long()
            }
            b'F' => self.table(depth + 1),
            b'A' => self.array(depth + 1),
            _ => None,
        }
    }

    fn short_string(&mut self) -> Option<()> {
        let [length] = self.take()?;
        let start = self.at;
        self.skip(length.into())?;
        let text = &mut self.payload[start..self.at];
        if str::from_utf8(text).is_err() {
            let foreign = text.iter_mut().filter(|byte| !byte.is_ascii());
            foreign.for_each(|byte| *byte = b'?');
        }
        Some(())
    }

    /// Skips a value that begins with its length.
    fn long(&mut self) -> Option<()> {
        self.at = self.end()?;
        Some(())
    }

    /// Reads a length, and returns the end of what has this length.
    fn end(&mut self) -> Option<usize> {
        let length = u32::from_be_bytes(self.take()?);
        let end = self.at.checked_add(usize::try_from(length).ok()?)?;
        (end <= self.payload.len()).then_some(end)
    }

    fn skip(&mut self, count: usize) -> Option<()> {
        let end = self.at.checked_add(count)?;
        if end > self.payload.len() {
            return None;
        }
        self.at = end;
        Some(())
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let taken = *self.payload.get(self.at..)?.first_chunk()?;
        self.at += N;
        Some(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn short(text: &[u8]) -> Vec<u8> {
        let length = u8::try_from(text.len()).unwrap();
        [&[length], text].concat()
    }

    fn long(bytes: &[u8]) -> Vec<u8> {
        let length = u32::try_from(bytes.len()).unwrap();
        [&length.to_be_bytes()[..], bytes].concat()
    }

    /// Returns the header frame of a message with these properties.
    fn header(flags: u16, properties: &[&[u8]]) -> Vec<u8> {
        let beginning = [
            &[0, 60, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2][..],
            &flags.to_be_bytes(),
        ];
        [&beginning[..], properties].concat().concat()
    }

    fn readable(kind: u8, payload: &[u8]) -> Vec<u8> {
        let mut readable = payload.to_vec();
        make_readable(kind, &mut readable);
        assert_eq!(readable.len(), payload.len());
        readable
    }

    /// Returns the value of a header with tables in one another.
    fn nested(depth: usize, ty: u8) -> Vec<u8> {
        let mut value = b"V".to_vec();
        for _ in 0..depth {
            let entry = if ty == b'F' { short(b"t") } else { Vec::new() };
            value = [&[ty][..], &long(&[entry, value].concat())].concat();
        }
        value
    }

    #[test]
    fn texts_that_are_not_utf8_are_replaced() {
        let table = |name: &[u8]| long(&[&short(name)[..], b"S", &long(b"\xff")].concat());
        let properties = |text: &[u8]| {
            let (text, table) = (short(text), table(text));
            // The content type, the headers, the delivery mode and the message id.
            header(0xb080 | 0x0010, &[&text, &table, &[2], &text, &text])
        };
        let expected = properties(b"a???");
        assert_eq!(readable(HEADER, &properties(b"a\xc3\xa9\xff")), expected);
        for text in ["é", ""] {
            let fine = properties(text.as_bytes());
            assert_eq!(readable(HEADER, &fine), fine);
        }
        let deliver = |key: &[u8]| {
            let names = [short(b"tag"), vec![0; 9], short(b"shop"), short(key)];
            [&DELIVER[..], &names.concat()].concat()
        };
        assert_eq!(readable(METHOD, &deliver(b"t.\xff")), deliver(b"t.?"));
        let returned = |key: &[u8]| {
            let names = [vec![1, 56], short(b"NO_ROUTE"), short(b"shop"), short(key)];
            [&RETURN[..], &names.concat()].concat()
        };
        assert_eq!(readable(METHOD, &returned(b"\xff")), returned(b"?"));
    }

    #[test]
    fn tables_that_are_nested_too_deeply_become_bytes() {
        let headers = |value: &[u8]| {
            let table = long(&[&short(b"x")[..], value].concat());
            header(0x2000, &[&table])
        };
        for ty in [b'F', b'A'] {
            let fine = headers(&nested(MAX_DEPTH, ty));
            assert_eq!(readable(HEADER, &fine), fine);
            let deep = headers(&nested(10_000, ty));
            let readable = readable(HEADER, &deep);
            let bytes = readable.iter().zip(&deep);
            let changed: Vec<_> = bytes.filter(|(new, old)| new != old).collect();
            assert_eq!(changed, [(&b'x', &ty)]);
        }
    }

    #[test]
    fn malformed_payloads_are_left_to_the_client() {
        let table = long(&[&short(b"x")[..], b"?\x00"].concat());
        let too_long = [&9_u32.to_be_bytes()[..], b"x"].concat();
        for payload in [
            header(0x2000, &[&table]),
            header(0x2000, &[&too_long]),
            header(0x8000, &[b"\x05abc"]),
            header(0x8000, &[]),
            vec![0, 60],
            Vec::new(),
        ] {
            for kind in [METHOD, HEADER, BODY, HEARTBEAT] {
                assert_eq!(readable(kind, &payload), payload);
            }
        }
    }
}
