//! A template: its plain pieces and its gaps, and what stood in the gaps of a sentence that was made from it.
//!
//! A gap is a name in braces; `{names|; }` parts a list by `; `, and `{file!}` is filled with somebody else's words.

use std::collections::BTreeMap;

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece<'a> {
    Plain(&'a str),
    Gap(Gap<'a>),
}

/// A gap of a template.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Gap<'a> {
    pub(super) name: &'a str,
    /// What parts the members of a list.
    pub(super) between: Option<&'a str>,
    /// What fills it is somebody else's and the same in every language.
    pub(super) is_verbatim: bool,
}

impl Piece<'_> {
    /// How many bytes the template says by itself here.
    pub(super) fn said(&self) -> usize {
        match self {
            Self::Plain(text) => text.len(),
            Self::Gap(_) => 0,
        }
    }
}

/// A template, piece by piece, plain ones first, last and between gaps. Braces that hold no name stand for themselves.
pub(super) fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = vec![];
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|at| open + at) else {
            break;
        };
        let inner = &rest[open + 1..close];
        let (name, between) = match inner.split_once('|') {
            Some((name, between)) => (name, Some(between)),
            None => (inner, None),
        };
        pieces.push(Piece::Plain(&rest[..open]));
        pieces.push(Piece::Gap(Gap {
            name: name.trim_end_matches('!'),
            between,
            is_verbatim: name.ends_with('!'),
        }));
        rest = &rest[close + 1..];
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

/// What stood in a gap of the English sentence.
pub(super) struct Found<'a> {
    pub(super) text: &'a str,
    /// What parts it, where it is a list.
    pub(super) between: Option<&'a str>,
    /// Somebody else's words.
    pub(super) is_verbatim: bool,
}

pub(super) type Gaps<'a> = BTreeMap<&'a str, Found<'a>>;

/// Whether quotation marks and backticks are closed, letter by letter.
#[derive(Default)]
struct Marks {
    is_quoted: bool,
    is_ticked: bool,
    is_escaped: bool,
}

impl Marks {
    fn pass(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                b'"' if !self.is_escaped && !self.is_ticked => self.is_quoted = !self.is_quoted,
                b'`' if !self.is_quoted => self.is_ticked = !self.is_ticked,
                _ => {}
            }
            self.is_escaped = self.is_quoted && byte == b'\\' && !self.is_escaped;
        }
    }

    fn are_closed(&self) -> bool {
        !self.is_quoted && !self.is_ticked
    }
}

/// Where `text` first stands outside of what is quoted; where it stands at all, if only inside.
fn find(within: &str, text: &str) -> Option<usize> {
    let first = within.find(text)?;
    let (mut marks, mut passed) = (Marks::default(), 0);
    for (at, _) in within.match_indices(text) {
        marks.pass(&within[passed..at]);
        passed = at;
        if marks.are_closed() {
            return Some(at);
        }
    }
    Some(first)
}

/// The members of a list, parted where nothing is quoted.
pub(super) fn members<'a>(list: &'a str, between: &str) -> Vec<&'a str> {
    let (mut marks, mut passed, mut from) = (Marks::default(), 0, 0);
    let mut found = vec![];
    for (at, _) in list.match_indices(between) {
        marks.pass(&list[passed..at]);
        passed = at;
        if marks.are_closed() {
            found.push(&list[from..at]);
            from = at + between.len();
        }
    }
    found.push(&list[from..]);
    found
}

/// What stands in the gaps of a template in a sentence that was made from it. One way through, without going back.
pub(super) fn taken_apart<'a>(template: &'a str, sentence: &'a str) -> Option<Gaps<'a>> {
    let head = template.split('{').next().unwrap_or_default();
    if !sentence.starts_with(head) {
        return None;
    }
    let pieces = pieces(template);
    let count = pieces.len();
    let mut gaps = BTreeMap::new();
    let mut rest = sentence;
    let mut before = "";
    let mut open: Option<Gap<'_>> = None;
    for (at, piece) in pieces.into_iter().enumerate() {
        let text = match piece {
            Piece::Gap(gap) => {
                open = Some(gap);
                continue;
            }
            Piece::Plain(text) => text,
        };
        let Some(gap) = open.take() else {
            rest = rest.strip_prefix(text)?;
            before = text;
            continue;
        };
        let end = if at + 1 == count {
            rest.strip_suffix(text)?.len()
        } else {
            find(rest, text)?
        };
        let is_verbatim = gap.is_verbatim || before.ends_with('`') && text.starts_with('`');
        // Nothing fills no gap of ours; of what somebody sent there may be nothing.
        if end == 0 && !is_verbatim {
            return None;
        }
        gaps.insert(
            gap.name,
            Found {
                text: &rest[..end],
                between: gap.between,
                is_verbatim,
            },
        );
        rest = &rest[end + text.len()..];
        before = text;
    }
    rest.is_empty().then_some(gaps)
}
