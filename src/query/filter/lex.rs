//! CQL2 text to tokens.

use super::{FilterError, MAX_LENGTH};

/// A piece of the text.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    /// A bare word: keyword, function or property.
    Word(String),
    /// A property in double quotes.
    Quoted(String),
    /// A character literal.
    Text(String),
    /// A number as written, without sign.
    Number(String),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// The signs, longer ones first.
const SIGNS: [&str; 14] = [
    "<>", "<=", ">=", "<", ">", "=", "(", ")", ",", "+", "-", "*", "/", "%",
];

fn starts_name(letter: char) -> bool {
    // cql2.bnf, identifierStart; 0x2C00.. and above as there.
    letter == ':'
        || letter == '_'
        || letter.is_ascii_alphabetic()
        || matches!(letter,
            '\u{C0}'..='\u{D6}' | '\u{D8}'..='\u{F6}' | '\u{F8}'..='\u{2FF}' | '\u{370}'..='\u{37D}'
            | '\u{37F}'..='\u{1FFE}' | '\u{200C}'..='\u{200D}' | '\u{2070}'..='\u{218F}'
            | '\u{2C00}'..='\u{2FEF}' | '\u{3001}'..='\u{D7FF}' | '\u{F900}'..='\u{FDCF}'
            | '\u{FDF0}'..='\u{FFFD}' | '\u{10000}'..='\u{EFFFF}')
            && !letter.is_whitespace()
}

fn continues_name(letter: char) -> bool {
    starts_name(letter)
        || letter == '.'
        || letter.is_ascii_digit()
        || matches!(letter, '\u{300}'..='\u{36F}' | '\u{203F}'..='\u{2040}')
}

/// Tokens with the byte offset where each begins.
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, usize)>, FilterError> {
    if text.len() > MAX_LENGTH {
        return Err(FilterError {
            at: None,
            message: format!(
                "the filter has {} bytes; {MAX_LENGTH} are allowed",
                text.len()
            ),
        });
    }
    let mut found = vec![];
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        let at = text.len() - rest.len();
        let Some(first) = rest.chars().next() else {
            return Ok(found);
        };
        let (token, length) = if first == '\'' || first == '"' {
            let (inner, length) = quoted(rest, first).ok_or_else(|| FilterError {
                at: Some(position(text, at)),
                message: format!("a {first} opens here and is never closed"),
            })?;
            let token = if first == '"' {
                Token::Quoted(inner)
            } else {
                Token::Text(inner)
            };
            (token, length)
        } else if first.is_ascii_digit()
            || first == '.' && rest[1..].starts_with(|next: char| next.is_ascii_digit())
        {
            let length = number(rest);
            (Token::Number(rest[..length].to_owned()), length)
        } else if starts_name(first) {
            let length = rest
                .find(|letter| !continues_name(letter))
                .unwrap_or(rest.len());
            (Token::Word(rest[..length].to_owned()), length)
        } else if let Some(sign) = SIGNS
            .iter()
            .chain(&["^"])
            .find(|sign| rest.starts_with(**sign))
        {
            (Token::Sign(sign), sign.len())
        } else {
            return Err(FilterError {
                at: Some(position(text, at)),
                message: format!("`{}` has no meaning in CQL2 here", first.escape_debug()),
            });
        };
        found.push((token, at));
        rest = &rest[length..];
    }
}

/// The character position, from 1, of a byte offset.
pub(super) fn position(text: &str, byte: usize) -> usize {
    text[..byte].chars().count() + 1
}

/// The inside of a quoted text and its length with quotes. Inside, the quote is doubled or follows a
/// backslash; any other backslash stands for itself, because LIKE needs it.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut inner = String::new();
    let mut letters = text.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        let next = letters.peek().map(|&(_, next)| next);
        if letter == quote {
            if next != Some(quote) {
                return Some((inner, at + 1));
            }
            letters.next();
            inner.push(quote);
        } else if letter == '\\' && next == Some(quote) {
            letters.next();
            inner.push(quote);
        } else {
            inner.push(letter);
        }
    }
    None
}

/// The length of the number that a text begins with.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |mut at: usize| {
        while bytes.get(at).is_some_and(u8::is_ascii_digit) {
            at += 1;
        }
        at
    };
    let mut end = digits(0);
    if bytes.get(end) == Some(&b'.') {
        end = digits(end + 1);
    }
    if matches!(bytes.get(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    end
}
