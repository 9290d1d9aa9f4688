//! The frames that a NATS client sends.

/// A frame.
#[derive(Debug)]
pub(super) enum Frame {
    Ping,
    Subscribe {
        subject: String,
        id: String,
    },
    Publish {
        subject: String,
        reply: Option<String>,
        /// The headers in their wire format, or empty.
        headers: Vec<u8>,
        body: Vec<u8>,
    },
    /// A frame that needs no response.
    Other,
}

/// Takes the next frame from the received bytes, or returns `None` if it is incomplete.
pub(super) fn take(input: &mut Vec<u8>) -> Option<Frame> {
    let end = input.windows(2).position(|bytes| bytes == b"\r\n")?;
    let line = String::from_utf8_lossy(&input[..end]).into_owned();
    let words: Vec<&str> = line.split(' ').collect();
    let (kind, words) = words.split_first()?;
    let (size, header_size) = match (*kind, words) {
        ("PUB", [.., size]) => (number(size), 0),
        ("HPUB", [.., headers, size]) => (number(size), number(headers)),
        ("PING", _) => return Some(line_frame(input, end, Frame::Ping)),
        ("SUB", [subject, .., id]) => {
            let (subject, id) = ((*subject).to_owned(), (*id).to_owned());
            return Some(line_frame(input, end, Frame::Subscribe { subject, id }));
        }
        _ => return Some(line_frame(input, end, Frame::Other)),
    };
    let start = end + 2;
    if input.len() < start + size + 2 {
        return None;
    }
    let headers = input[start..start + header_size].to_vec();
    let body = input[start + header_size..start + size].to_vec();
    input.drain(..start + size + 2);
    let sizes = if *kind == "PUB" { 1 } else { 2 };
    let subjects = &words[..words.len() - sizes];
    Some(Frame::Publish {
        subject: subjects[0].to_owned(),
        reply: subjects.get(1).map(|reply| (*reply).to_owned()),
        headers,
        body,
    })
}

fn line_frame(input: &mut Vec<u8>, end: usize, frame: Frame) -> Frame {
    input.drain(..end + 2);
    frame
}

fn number(text: &str) -> usize {
    text.parse().expect("a size")
}
