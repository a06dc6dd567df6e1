//! Keys and names: which column holds them, and the form in which two sides meet.

use crate::standard::normal_key;

/// Headers that mean the ward's number, compared by [`plain`].
const NUMBERS: [&str; 14] = [
    "wardno",
    "wardnum",
    "wardnumber",
    "ward",
    "wardid",
    "wardcode",
    "kgiswardno",
    "newwardno",
    "2011wardnumbers",
    "census2011wardnumbers",
    "wno",
    "prabhag",
    "prabhagno",
    "wards",
];
/// Headers that mean the code of the Local Government Directory.
const DIRECTORY: [&str; 4] = ["lgdwardcode", "wardlgd", "lgdward", "lgdcode"];
/// Headers that mean a name.
const NAMES: [&str; 9] = [
    "wardname",
    "name",
    "name1",
    "kgiswardname",
    "title",
    "wardtitle",
    "nameen",
    "sectorname",
    "name2",
];

/// The scheme of a ward's number.
pub(super) const WARD_NO: &str = "city:ward_no";
/// The scheme of the national directory.
pub(super) const LGD: &str = "lgd:ward";
/// The scheme of names: needs a person.
pub(super) const NAME: &str = "city:ward_name";
/// The lead of a scheme that names the layer's own column: `field:zone_code`.
pub(super) const FIELD: &str = "field:";

/// A header without case, blanks and signs.
pub(super) fn plain(header: &str) -> String {
    header
        .chars()
        .filter(|letter| letter.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

/// The columns that may hold keys of a scheme, the better known names first; positions in `headers`.
pub(super) fn columns(scheme: &str, headers: &[&str]) -> Vec<usize> {
    if let Some(field) = scheme.strip_prefix(FIELD) {
        return headers
            .iter()
            .position(|header| *header == field)
            .into_iter()
            .collect();
    }
    let known: &[&str] = match scheme {
        LGD => &DIRECTORY,
        NAME => &NAMES,
        _ => &NUMBERS,
    };
    let mut found: Vec<usize> = known
        .iter()
        .filter_map(|name| headers.iter().position(|header| plain(header) == *name))
        .collect();
    if scheme == WARD_NO {
        // `Ward_name` sometimes holds the number: last, so that a better column wins.
        found.extend(
            headers
                .iter()
                .position(|header| plain(header) == "wardname"),
        );
    }
    if found.is_empty() && !matches!(scheme, LGD | NAME | WARD_NO) {
        let last = plain(scheme.rsplit(':').next().unwrap_or_default());
        found.extend(headers.iter().position(|header| plain(header) == last));
    }
    found.dedup();
    found
}

/// The columns that may hold names.
pub(super) fn name_columns(headers: &[&str]) -> Vec<usize> {
    columns(NAME, headers)
}

/// The form of a key in which both sides meet.
pub(super) fn meeting(scheme: &str, key: &str) -> String {
    if scheme == NAME {
        return name(key);
    }
    normal_key(key).key
}

/// The form of a name in which both sides are compared: capitals, letters and digits, without the word for
/// ward and without a leading number.
pub(super) fn name(text: &str) -> String {
    let mut words: Vec<String> = text
        .split(|letter: char| !letter.is_alphanumeric() && letter.is_ascii())
        .filter(|word| !word.is_empty())
        .map(str::to_uppercase)
        .filter(|word| !matches!(word.as_str(), "WARD" | "NO" | "वार्ड" | "प्रभाग"))
        .collect();
    if words.len() > 1 && words[0].bytes().all(|byte| byte.is_ascii_digit()) {
        words.remove(0);
    }
    words.join(" ")
}

/// True for a text that is a name rather than a number or a code.
pub(super) fn is_name(text: &str) -> bool {
    name(text)
        .chars()
        .filter(|letter| letter.is_alphabetic())
        .count()
        > 2
}

/// True for what stands in the key or name of a row that sums up.
pub(super) fn is_total(text: &str) -> bool {
    const WORDS: [&str; 10] = [
        "total",
        "grandtotal",
        "citytotal",
        "sum",
        "all",
        "city",
        "overall",
        "alltotal",
        "कुल",
        "एकूण",
    ];
    let plain = plain(text);
    WORDS.contains(&plain.as_str()) || text.trim() == "कुल"
}
