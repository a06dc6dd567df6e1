//! Percent-encoding, of forms and of paths.

/// Percent-decoding of a form: `+` is a blank. None for a broken escape or text that is not UTF-8.
pub(super) fn decode(text: &str) -> Option<String> {
    decode_bytes(text, true)
}

/// Percent-decoding of a path segment, where `+` is itself.
pub(super) fn decode_segment(text: &str) -> Option<String> {
    decode_bytes(text, false)
}

fn decode_bytes(text: &str, form: bool) -> Option<String> {
    let hex = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' if form => b' ',
            b'%' => hex(bytes.next()?)? << 4 | hex(bytes.next()?)?,
            other => other,
        });
    }
    String::from_utf8(out)
        .ok()
        .filter(|text| !text.contains('\0'))
}

/// Percent-encoding that is right in a path segment and in a query.
pub(super) fn encode(text: &str, out: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~,:@".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
}
