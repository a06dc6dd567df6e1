//! What a stranger sent, given back: a browser saves it and never shows it.

use axum::{
    body::Body,
    http::{HeaderValue, header},
    response::{IntoResponse, Response},
};

use super::html::put;

/// How many bytes are read at once.
pub(super) const PIECE: usize = 256 << 10;

/// Bytes of a media type, to be saved under a name.
pub(super) fn saved(label: &str, content_type: &'static str, body: Body) -> Response {
    let name = HeaderValue::from_str(&disposition(label));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(content_type)),
        (
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox"),
        ),
        (
            header::CONTENT_DISPOSITION,
            name.unwrap_or(HeaderValue::from_static("attachment")),
        ),
    ];
    (headers, body).into_response()
}

/// `Content-Disposition` for a name in any script (RFC 6266).
fn disposition(label: &str) -> String {
    let plain: String = label
        .chars()
        .map(|letter| match letter {
            ' '..='~' if !"\"\\%".contains(letter) => letter,
            _ => '_',
        })
        .collect();
    let mut encoded = String::new();
    for byte in label.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            put(&mut encoded, format_args!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_any_script_stays_inside_its_header() {
        assert_eq!(
            disposition("a\"b\\व.zip"),
            "attachment; filename=\"a_b__.zip\"; filename*=UTF-8''a%22b%5C%E0%A4%B5.zip"
        );
    }
}
