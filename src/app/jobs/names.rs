//! Names from strangers: as labels, as names of our own on disk, as the name of a source.

use crate::store::JobFile;

/// The longest label that is kept, in characters.
const LABEL: usize = 255;

/// The longest name of a source.
const SOURCE: usize = 120;

/// A name from a stranger as a label: what lies behind the last separator, without letters that turn or end
/// a line, and never empty.
pub(super) fn label(text: &str) -> String {
    let last = text.rsplit(['/', '\\']).next().unwrap_or(text);
    let clean: String = last
        .chars()
        .filter(|letter| {
            !letter.is_control()
                // Marks that turn the direction of text make `gnp.exe` out of `exe.png`.
                && !matches!(*letter, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}' | '\u{feff}')
        })
        .collect();
    let clean = clean.trim();
    if clean.is_empty() || clean.chars().all(|letter| letter == '.') {
        return "file".to_owned();
    }
    let count = clean.chars().count();
    // The end decides about the format, so a name too long loses its beginning.
    clean.chars().skip(count.saturating_sub(LABEL)).collect()
}

/// The name on disk: a number, and the ending where it is one of letters and digits.
pub(super) fn stored(files: &[JobFile], label: &str) -> String {
    let lower = label.to_lowercase();
    let (stem, ending) = match lower.strip_suffix(".shp.xml") {
        Some(stem) => (stem, "shp.xml"),
        None => lower.rsplit_once('.').unwrap_or((&lower, "")),
    };
    let plain = (1..=10).contains(&ending.len())
        && ending
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
    let ending = if plain { ending } else { "dat" };
    let of = |name: &str| {
        let name = name.to_lowercase();
        match name.strip_suffix(".shp.xml") {
            Some(stem) => stem.to_owned(),
            None => name
                .rsplit_once('.')
                .map_or(name.clone(), |(stem, _)| stem.to_owned()),
        }
    };
    // Parts of one shapefile share their number, as they share their name.
    let number = files
        .iter()
        .find(|other| {
            of(&other.label) == stem
                && !files
                    .iter()
                    .any(|one| one.stored == format!("{}.{ending}", number_of(&other.stored)))
        })
        .map_or_else(
            || format!("f{}", files.len()),
            |other| number_of(&other.stored).to_owned(),
        );
    format!("{number}.{ending}")
}

fn number_of(stored: &str) -> &str {
    stored.split('.').next().unwrap_or(stored)
}

/// What the sender calls where it comes from; without a word of that, the name of the file.
pub(super) fn source_name(said: Option<&str>, files: &[JobFile]) -> String {
    let said: String = said
        .unwrap_or("")
        .chars()
        .filter(|letter| !letter.is_control())
        .take(SOURCE)
        .collect();
    let said = said.trim();
    if !said.is_empty() {
        return said.to_owned();
    }
    files
        .iter()
        .find(|file| file.label.to_lowercase().ends_with(".shp"))
        .or(files.first())
        .map_or_else(|| "file".to_owned(), |file| file.label.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_from_strangers_become_labels_and_never_paths() {
        for (name, wanted) in [
            ("wards.zip", "wards.zip"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\x\\वार्ड.shp", "वार्ड.shp"),
            ("a\0b\nc.zip", "abc.zip"),
            ("exe.\u{202e}gpj", "exe.gpj"),
            ("..", "file"),
            ("", "file"),
            (" \t", "file"),
        ] {
            assert_eq!(label(name), wanted, "{name:?}");
        }
        let long = format!("{}.gpkg", "ñ".repeat(900));
        assert!(label(&long).ends_with("ñ.gpkg") && label(&long).chars().count() == LABEL);
    }

    #[test]
    fn parts_of_one_shapefile_share_a_number_and_nothing_else_does() {
        let mut files: Vec<JobFile> = vec![];
        for (name, wanted) in [
            ("Wards.shp", "f0.shp"),
            ("wards.DBF", "f0.dbf"),
            ("roads.geojson", "f2.geojson"),
            ("wards.shp.xml", "f0.shp.xml"),
            ("wards.shp", "f4.shp"),
            ("x.tar../..", "f5.dat"),
            ("वार्ड", "f6.dat"),
        ] {
            let name = label(name);
            let stored = stored(&files, &name);
            assert_eq!(stored, wanted, "{name}");
            files.push(JobFile {
                label: name,
                stored,
                bytes: 0,
                total: None,
                hash: None,
            });
        }
    }
}
