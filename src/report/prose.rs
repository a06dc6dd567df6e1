//! Sentences for HTML: a stranger's text without what a browser would obey, names and options set apart.

use std::fmt::Write as _;

/// Text for HTML and for attributes in double quotes.
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            letter if letter.is_control() && !"\n\t".contains(letter) => out.push('\u{FFFD}'),
            letter => out.push(letter),
        }
    }
    out
}

/// A sentence: what stands between back quotes is a name or a value and set as such; an option like `--repair` too,
/// so that no line breaks in its dashes.
pub(super) fn prose(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 32);
    let pieces: Vec<&str> = text.split('`').collect();
    // A quote that nobody closes is a quote.
    let last = pieces.len() - usize::from(pieces.len().is_multiple_of(2));
    for (at, piece) in pieces.iter().enumerate() {
        if at >= last {
            out.push('`');
        }
        if at % 2 == 1 && at < last {
            let _ = write!(out, "<code>{}</code>", escape(piece));
        } else {
            options(piece, &mut out);
        }
    }
    out
}

fn options(mut text: &str, out: &mut String) {
    while let Some(at) = text.find("--") {
        let rest = &text[at..];
        let end = rest
            .find(|letter: char| {
                !(letter == '-' || letter == '=' || letter.is_ascii_alphanumeric())
            })
            .unwrap_or(rest.len());
        out.push_str(&escape(&text[..at]));
        if end > 2 {
            let _ = write!(
                out,
                "<code class=\"option\">{}</code>",
                escape(&rest[..end])
            );
        } else {
            out.push_str(&escape(&rest[..end]));
        }
        text = &rest[end..];
    }
    out.push_str(&escape(text));
}

#[cfg(test)]
mod tests {
    use super::prose;

    #[test]
    fn names_and_options_are_set_apart_and_nothing_is_obeyed() {
        for (text, wanted) in [
            (
                "no column for `<b>`",
                "no column for <code>&lt;b&gt;</code>",
            ),
            (
                "run with --repair=snap, or",
                "run with <code class=\"option\">--repair=snap</code>, or",
            ),
            ("a -- b", "a -- b"),
            ("`a` and `b`", "<code>a</code> and <code>b</code>"),
            ("one ` alone", "one ` alone"),
            ("`a` and ` alone", "<code>a</code> and ` alone"),
        ] {
            assert_eq!(prose(text), wanted);
        }
    }
}
