//! What in a text looks like somebody's own: numbers of telephones and cards, addresses of mail.

/// Verhoeff's check digit, which Aadhaar uses: the multiplication and permutation of the dihedral group D5.
fn verhoeff(digits: &[u8]) -> bool {
    const TURN: [usize; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let times = |a: usize, b: usize| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let mut sum = 0;
    for (place, digit) in digits.iter().rev().enumerate() {
        let mut turned = usize::from(digit - b'0');
        for _ in 0..place % 8 {
            turned = TURN[turned];
        }
        sum = times(sum, turned);
    }
    sum == 0
}

/// The first private number in a text: what it is, and the number.
pub(super) fn private(text: &str) -> Option<(&'static str, String)> {
    if let Some(at) = text.find('@') {
        let (before, after) = (&text[..at], &text[at + 1..]);
        let name: String = before
            .chars()
            .rev()
            .take_while(|letter| letter.is_ascii_alphanumeric() || "._-+".contains(*letter))
            .collect();
        let host: String = after
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || ".-".contains(*letter))
            .collect();
        let top = host.rsplit('.').next().unwrap_or_default();
        if !name.is_empty()
            && host.contains('.')
            && top.len() >= 2
            && top.bytes().all(|byte| byte.is_ascii_alphabetic())
        {
            let name: String = name.chars().rev().collect();
            return Some(("an e-mail address", format!("{name}@{host}")));
        }
    }
    // All numbers below have ten characters and more, most values of a column have fewer.
    if text.len() < 10 {
        return None;
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        // A run of digits, blanks and dashes inside a number do not end it.
        let mut digits = vec![];
        let mut end = at;
        let mut look = at;
        while look < bytes.len() && digits.len() < 20 {
            if bytes[look].is_ascii_digit() {
                digits.push(bytes[look]);
                end = look + 1;
            } else if !matches!(bytes[look], b' ' | b'-') || digits.is_empty() {
                break;
            }
            look += 1;
        }
        let plain = end - at == digits.len();
        // Digits behind a decimal point are no number of their own.
        let fraction = at > 1 && bytes[at - 1] == b'.' && bytes[at - 2].is_ascii_digit();
        let closed = !fraction
            && bytes
                .get(end)
                .is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'.');
        let said = || text[at..end].to_owned();
        if !digits.is_empty() && closed {
            let country: &[u8] = match digits.len() {
                12 if digits.starts_with(b"91") => &digits[2..],
                11 if digits[0] == b'0' => &digits[1..],
                _ => &digits,
            };
            if country.len() == 10 && country[0] >= b'6' && (plain || end - at <= 13) {
                return Some(("a mobile number", said()));
            }
            if digits.len() == 12 && digits[0] >= b'2' && verhoeff(&digits) {
                return Some(("an Aadhaar number", said()));
            }
        }
        // A PAN: five capitals, four digits, a capital.
        if let Some(word) = bytes.get(at..at + 10) {
            let pan = word[..5].iter().all(u8::is_ascii_uppercase)
                && word[5..9].iter().all(u8::is_ascii_digit)
                && word[9].is_ascii_uppercase()
                && bytes
                    .get(at + 10)
                    .is_none_or(|byte| !byte.is_ascii_alphanumeric());
            if pan {
                return Some(("a PAN number", text[at..at + 10].to_owned()));
            }
        }
        while at < bytes.len() && bytes[at].is_ascii_alphanumeric() {
            at += 1;
        }
    }
    None
}

/// A private text with its middle hidden: a report must not leak what it warns of.
pub(super) fn masked(text: &str) -> String {
    let count = text.chars().count();
    text.chars()
        .enumerate()
        .map(|(at, letter)| {
            if at < 2 || at + 2 >= count {
                letter
            } else {
                '*'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_numbers_are_found_in_text_and_other_numbers_are_not() {
        for (text, what) in [
            ("call 9845012345 now", "a mobile number"),
            ("+91 98450 12345", "a mobile number"),
            ("098450-12345", "a mobile number"),
            ("x.y@example.co.in", "an e-mail address"),
            ("PAN ABCDE1234F", "a PAN number"),
            ("2341 2341 2346", "an Aadhaar number"),
        ] {
            assert_eq!(private(text).map(|found| found.0), Some(what), "{text}");
        }
        for text in [
            "1234567890",
            "98450",
            "560001",
            "12.9716, 77.5946",
            "2341 2341 2345",
            "9845012345678",
            "ABCDE12345",
            "a@b",
            "ward 12",
            "9845012345.5",
            "1.08345678955",
            "0.9845012345",
        ] {
            assert_eq!(private(text), None, "{text}");
        }
        assert_eq!(masked("9845012345"), "98******45");
    }
}
