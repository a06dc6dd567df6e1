//! Metadata inside an archive: taken from among its members before the rest is looked at as data.

use std::io::{self, Read as _};

use super::{
    bundle,
    delivery::{Delivery, Described, note},
    held::Member,
};
use crate::model::Metadata;

/// The largest metadata file that is read, and how many of an archive.
const BYTES: u64 = 1 << 20;
const FILES: usize = 200;

/// Takes the metadata out of the members and gives the rest. What cannot be read is told in a note: a slip
/// in a side file must not keep the layer from being judged.
pub(super) fn take(members: Vec<Member>, found: &mut Delivery) -> io::Result<Vec<Member>> {
    let (about, data): (Vec<_>, Vec<_>) = members.into_iter().partition(|member| {
        let name = bundle::base(&member.name).to_lowercase();
        name == "metadata.json" || name.ends_with(".metadata.json")
    });
    for member in about.into_iter().take(FILES) {
        match read(&member)? {
            Ok(metadata) => found.metadata.push(Described {
                member: member.name.replace('\\', "/"),
                metadata,
            }),
            Err(why) => found.notes.push(note(
                "metadata_unreadable",
                format!("{} was passed over: {why}", member.name),
            )),
        }
    }
    Ok(data)
}

fn read(member: &Member) -> io::Result<Result<Metadata, String>> {
    if member.held.len()? > BYTES {
        return Ok(Err(format!("it has more than {BYTES} bytes")));
    }
    let mut bytes = vec![];
    member.held.open()?.take(BYTES).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(serde_json::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| format!("it is not a JSON object ({error})")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str) -> Metadata {
        serde_json::from_str(&format!(r#"{{"title": "{text}"}}"#)).expect("metadata")
    }

    #[test]
    fn the_nearest_metadata_of_an_archive_speak_for_a_layer() {
        let all = Delivery {
            metadata: [
                ("metadata.json", "all"),
                ("a/wards.metadata.json", "wards"),
                ("b/c/Metadata.json", "c"),
                ("roads.gpkg.metadata.json", "roads"),
            ]
            .map(|(member, text)| Described {
                member: member.to_owned(),
                metadata: said(text),
            })
            .to_vec(),
            ..Delivery::default()
        };
        for (member, wanted) in [
            ("a/wards.shp", "wards"),
            ("a/other.shp", "all"),
            ("b/c/d/x.shp", "c"),
            ("b/x.shp", "all"),
            ("roads.gpkg", "roads"),
            ("wards.shp", "all"),
        ] {
            let found = all
                .described(member)
                .and_then(|metadata| metadata.text("title"));
            assert_eq!(found, Some(wanted), "{member}");
        }
        assert!(Delivery::default().described("a.shp").is_none());
    }
}
