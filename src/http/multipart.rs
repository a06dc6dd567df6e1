//! `multipart/form-data` (RFC 7578, RFC 2046) as it comes off the wire, in pieces of any size.
//!
//! A parser of our own, because a delivery must not be able to grow anything but the disk: no header and no
//! boundary is waited for beyond a limit, and what came before a fault has been handed on already. It holds
//! less than one boundary of a file's bytes back.

use std::collections::VecDeque;

/// What is wrong with a form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// It does not begin with its boundary.
    #[error("the body does not begin with the boundary that `Content-Type` names")]
    NoBoundary,
    /// The headers of a part go on and on.
    #[error("the headers of a part have more bytes than are taken")]
    LongHeader,
    /// The headers of a part cannot be read.
    #[error("the headers of a part cannot be read: {0}")]
    BadHeader(&'static str),
    /// More parts than are taken.
    #[error("the form has more parts than are taken")]
    ManyParts,
}

/// What a part calls itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Part {
    /// The name of the form's field.
    pub name: String,
    /// The name of the file; none for a value.
    pub file: Option<String>,
}

/// What came next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// A part begins.
    Part(Part),
    /// Bytes of it.
    Bytes(Vec<u8>),
    /// It ends.
    End,
    /// The form ends.
    Done,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum At {
    /// Before the first boundary.
    Start,
    /// Behind a boundary: a line break follows, or two dashes.
    Boundary,
    /// In the headers of a part, with the line break before them.
    Headers,
    /// At the line break that ends the headers; it may be a boundary's already.
    Edge,
    /// In the bytes of a part.
    Body,
    /// Behind the last boundary.
    Finished,
}

/// The parser; give it bytes, take events.
pub(super) struct Multipart {
    /// A line break, two dashes, and the boundary.
    mark: Vec<u8>,
    held: Vec<u8>,
    at: At,
    events: VecDeque<Event>,
    most_header: usize,
    parts_left: usize,
}

/// The boundary that a `Content-Type` names; none for another type.
pub(super) fn boundary(content_type: &str) -> Option<String> {
    let (media, rest) = content_type.split_once(';')?;
    if !media.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let boundary = parameter(rest, "boundary")?;
    // RFC 2046, 5.1.1: 1 to 70 letters.
    ((1..=70).contains(&boundary.len()) && boundary.is_ascii()).then_some(boundary)
}

impl Multipart {
    pub(super) fn new(boundary: &str, most_header: usize, most_parts: usize) -> Self {
        Self {
            mark: format!("\r\n--{boundary}").into_bytes(),
            // So that the first boundary, which has no line break before it, looks like the others.
            held: b"\r\n".to_vec(),
            at: At::Start,
            events: VecDeque::new(),
            most_header,
            parts_left: most_parts,
        }
    }

    /// True once the last boundary came.
    pub(super) fn is_done(&self) -> bool {
        self.at == At::Finished
    }

    /// The next event, in the order of the form.
    pub(super) fn next(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    /// Takes bytes. Events that came before a fault stay to be taken.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        if self.at == At::Finished {
            return Ok(());
        }
        let mut held = std::mem::take(&mut self.held);
        held.extend_from_slice(bytes);
        let mut from = 0;
        let fault = loop {
            match self.step(&held[from..]) {
                Ok(0) => break Ok(()),
                Ok(taken) => from += taken,
                Err(fault) => break Err(fault),
            }
        };
        held.drain(..from);
        self.held = held;
        fault
    }

    /// Looks at what is held and gives how much of it is done with; nothing when more must come first.
    fn step(&mut self, held: &[u8]) -> Result<usize, Fault> {
        match self.at {
            At::Start => match find(held, &self.mark) {
                Some(at) => {
                    self.at = At::Boundary;
                    Ok(at + self.mark.len())
                }
                // A preamble is allowed, but nobody sends one; a little is borne.
                None if held.len() > self.most_header => Err(Fault::NoBoundary),
                None => Ok(0),
            },
            At::Boundary => {
                // Blanks may follow a boundary (RFC 2046, 5.1.1).
                let blanks = held.iter().take_while(|byte| b" \t".contains(byte)).count();
                if blanks > self.most_header {
                    return Err(Fault::BadHeader("a boundary is followed by blanks only"));
                }
                match held.get(blanks..blanks + 2) {
                    None => Ok(0),
                    Some(b"\r\n") => {
                        self.at = At::Headers;
                        // The line break stays: a part without headers ends them at once.
                        if blanks == 0 {
                            return self.step(held);
                        }
                        Ok(blanks)
                    }
                    Some(b"--") => {
                        self.at = At::Finished;
                        self.events.push_back(Event::Done);
                        Ok(held.len())
                    }
                    Some(_) => Err(Fault::BadHeader("a boundary is followed by something else")),
                }
            }
            At::Headers => {
                let Some(end) = find(held, b"\r\n\r\n").filter(|end| *end <= self.most_header)
                else {
                    return if held.len() > self.most_header {
                        Err(Fault::LongHeader)
                    } else {
                        Ok(0)
                    };
                };
                if self.parts_left == 0 {
                    return Err(Fault::ManyParts);
                }
                self.parts_left -= 1;
                self.events.push_back(Event::Part(part(&held[..end])?));
                self.at = At::Edge;
                Ok(end + 2)
            }
            At::Edge => {
                if held.starts_with(&self.mark) {
                    self.events.push_back(Event::End);
                    self.at = At::Boundary;
                    return Ok(self.mark.len());
                }
                if self.mark.starts_with(held) {
                    return Ok(0);
                }
                self.at = At::Body;
                Ok(2)
            }
            At::Body => {
                if let Some(at) = find(held, &self.mark) {
                    if at > 0 {
                        self.events.push_back(Event::Bytes(held[..at].to_vec()));
                    }
                    self.events.push_back(Event::End);
                    self.at = At::Boundary;
                    return Ok(at + self.mark.len());
                }
                // All but what may be the beginning of a boundary.
                let sure = held.len().saturating_sub(self.mark.len() - 1);
                if sure > 0 {
                    self.events.push_back(Event::Bytes(held[..sure].to_vec()));
                }
                Ok(sure)
            }
            At::Finished => Ok(0),
        }
    }
}

/// Where a needle begins. Boundaries begin with a carriage return, which files of text seldom hold and
/// others hold once in 256 bytes.
fn find(held: &[u8], needle: &[u8]) -> Option<usize> {
    memchr::memmem::find(held, needle)
}

/// What the headers of a part say. Names come in any script: UTF-8 as browsers send it, `filename*` as
/// RFC 8187 writes it; bytes that are neither are replaced, since a label decides nothing.
fn part(headers: &[u8]) -> Result<Part, Fault> {
    let text = String::from_utf8_lossy(headers);
    let mut found = None;
    for line in text.split("\r\n").filter(|line| !line.is_empty()) {
        let Some((name, value)) = line.split_once(':') else {
            return Err(Fault::BadHeader("a line without a colon"));
        };
        if name.trim().eq_ignore_ascii_case("content-disposition") {
            found = Some(value.to_owned());
        }
    }
    let Some(disposition) = found else {
        return Err(Fault::BadHeader("a part without `Content-Disposition`"));
    };
    let rest = disposition.split_once(';').map_or("", |(_, rest)| rest);
    let starred = parameter(rest, "filename*").and_then(|value| {
        let (charset, rest) = value.split_once('\'')?;
        let (_, encoded) = rest.split_once('\'')?;
        charset
            .eq_ignore_ascii_case("utf-8")
            .then(|| super::percent::decode_segment(encoded))
            .flatten()
    });
    Ok(Part {
        name: parameter(rest, "name").unwrap_or_default(),
        file: starred.or_else(|| parameter(rest, "filename")),
    })
}

/// A parameter of a header, quoted or not. Browsers write a quote inside a name as `%22` and a line break
/// as `%0D%0A` (WHATWG HTML, 4.10.21.8); others escape with a backslash.
fn parameter(text: &str, wanted: &str) -> Option<String> {
    let mut rest = text.trim_start_matches([';', ' ', '\t']);
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let name = name.trim();
        let (value, next) = if let Some(quoted) = after.trim_start().strip_prefix('"') {
            let mut value = String::new();
            let mut letters = quoted.char_indices();
            let mut end = quoted.len();
            while let Some((at, letter)) = letters.next() {
                match letter {
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    // Only before a quote or another one: old browsers send `C:\file` as it is.
                    '\\' if quoted[at + 1..].starts_with(['"', '\\']) => {
                        value.extend(letters.next().map(|(_, letter)| letter));
                    }
                    other => value.push(other),
                }
            }
            let value = value
                .replace("%22", "\"")
                .replace("%0D", "\r")
                .replace("%0A", "\n");
            (value, &quoted[end..])
        } else {
            let end = after.find(';').unwrap_or(after.len());
            (after[..end].trim().to_owned(), &after[end..])
        };
        if name.eq_ignore_ascii_case(wanted) {
            return Some(value);
        }
        rest = next.trim_start_matches([';', ' ', '\t']);
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Everything a form gives when it comes in pieces of these sizes, bytes put together.
    fn all(body: &[u8], sizes: &[usize]) -> Result<Vec<Event>, Fault> {
        let mut parser = Multipart::new("XyZ", 1024, 4);
        let mut events: Vec<Event> = vec![];
        let (mut rest, mut turn) = (body, 0);
        while !rest.is_empty() {
            let size = sizes[turn % sizes.len()].clamp(1, rest.len());
            turn += 1;
            parser.feed(&rest[..size])?;
            rest = &rest[size..];
            while let Some(event) = parser.next() {
                match (events.last_mut(), event) {
                    (Some(Event::Bytes(bytes)), Event::Bytes(more)) => bytes.extend(more),
                    (_, event) => events.push(event),
                }
            }
        }
        Ok(events)
    }

    fn form() -> Vec<u8> {
        let mut body = b"--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"\xe0\xa4\xb5.zip\"\r\nContent-Type: application/zip\r\n\r\n".to_vec();
        body.extend(b"a\r\n--Xy\r\r\n--XyQ\r\n\0\xff\r\n");
        body.extend(b"\r\n--XyZ\r\ncontent-disposition: form-data; name=layer\r\n\r\nroad\r\n--XyZ  \r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--XyZ\r\nContent-Disposition: form-data; name=\"none\"\r\n\r\n--XyZ--\r\nepilogue");
        body
    }

    fn wanted() -> Vec<Event> {
        let part = |name: &str, file: Option<&str>| {
            Event::Part(Part {
                name: name.to_owned(),
                file: file.map(str::to_owned),
            })
        };
        vec![
            part("file", Some("व.zip")),
            Event::Bytes(b"a\r\n--Xy\r\r\n--XyQ\r\n\0\xff\r\n".to_vec()),
            Event::End,
            part("layer", None),
            Event::Bytes(b"road".to_vec()),
            Event::End,
            part("empty", None),
            Event::End,
            part("none", None),
            Event::End,
            Event::Done,
        ]
    }

    #[test]
    fn a_form_is_the_same_in_pieces_of_any_size() {
        let body = form();
        assert_eq!(all(&body, &[body.len()]).expect("whole"), wanted());
        for first in 1..40 {
            for second in [1, 2, 3, 7, 1000] {
                assert_eq!(
                    all(&body, &[first, second]).expect("pieces"),
                    wanted(),
                    "{first} {second}"
                );
            }
        }
    }

    #[test]
    fn what_never_ends_is_refused_before_it_fills_memory() {
        let mut parser = Multipart::new("XyZ", 1024, 4);
        assert_eq!(parser.feed(&[b'x'; 5000]), Err(Fault::NoBoundary));
        let mut parser = Multipart::new("XyZ", 1024, 4);
        parser.feed(b"--XyZ\r\nX: ").expect("begun");
        let mut fed = 0;
        let fault = loop {
            fed += 100;
            if let Err(fault) = parser.feed(&[b'y'; 100]) {
                break fault;
            }
            assert!(fed < 5000);
        };
        assert_eq!(fault, Fault::LongHeader);
        let many = "--XyZ\r\nContent-Disposition: form-data; name=a\r\n\r\nb\r\n".repeat(5);
        assert_eq!(all(many.as_bytes(), &[64]), Err(Fault::ManyParts));
        for bad in [
            "--XyZ\r\nnonsense\r\n\r\nx",
            "--XyZ\r\nA: b\r\n\r\nx",
            "--XyZ?x",
            "--XyZ\r\n\r\n\r\n",
        ] {
            assert!(
                matches!(all(bad.as_bytes(), &[3]), Err(Fault::BadHeader(_))),
                "{bad:?}"
            );
        }
        // A file of a gigabyte is never held: what is held is shorter than a boundary.
        let mut parser = Multipart::new("XyZ", 1024, 4);
        parser
            .feed(b"--XyZ\r\nContent-Disposition: form-data; name=f; filename=g\r\n\r\n")
            .expect("begun");
        for _ in 0..100 {
            parser.feed(&[b'\r'; 4096]).expect("bytes");
            while parser.next().is_some() {}
            assert!(parser.held.len() < 16);
        }
    }

    #[test]
    fn names_of_files_come_in_every_spelling() {
        for (header, wanted) in [
            (r#"form-data; name="f"; filename="a;b=c.zip""#, "a;b=c.zip"),
            (
                r#"form-data; filename="x"; filename*=UTF-8''%E0%A4%B5.zip; name=f"#,
                "व.zip",
            ),
            (r#"form-data; name="f"; filename="a\"b.zip""#, "a\"b.zip"),
            (
                r#"form-data; name="f"; filename="C:\new\b.zip""#,
                r"C:\new\b.zip",
            ),
            (
                r#"form-data; name="f"; filename="a%22b%0D%0A.zip""#,
                "a\"b\r\n.zip",
            ),
            (r#"form-data; name="f"; filename="unclosed"#, "unclosed"),
            (r#"form-data; name="f"; filename="""#, ""),
        ] {
            let part = part(format!("Content-Disposition: {header}").as_bytes()).expect("read");
            assert_eq!(part.file.as_deref(), Some(wanted), "{header}");
            assert_eq!(part.name, "f");
        }
        assert_eq!(
            boundary("multipart/form-data; boundary=\"a b\"").as_deref(),
            Some("a b")
        );
        assert_eq!(
            boundary("Multipart/Form-Data;charset=x; Boundary=q").as_deref(),
            Some("q")
        );
        for none in [
            "multipart/form-data",
            "text/plain; boundary=a",
            "multipart/form-data; boundary=",
        ] {
            assert_eq!(boundary(none), None, "{none}");
        }
    }
}
