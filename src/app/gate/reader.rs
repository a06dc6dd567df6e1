//! From a file to the layers in it, each with what was said about it.

use std::path::Path;

use super::{Ask, GateError};
use crate::{
    app::delivery::Item,
    model::{CrsName, CrsOrigin, Metadata, Note, RawLayer, Source},
    read::{ArchiveLimits, ReadOptions},
    standard::Standards,
    validate::{self, Confirmed, Report},
    worker::{self, Desk, Limits},
};

/// What came of a file, or of a layer in it.
pub(super) enum Read {
    /// With what of the answers that a person once confirmed is of use to it.
    Layer(Box<RawLayer>, Metadata, Option<Confirmed>),
    Refused(Box<Report>),
}

/// Reads files in the child.
pub(super) struct Reader<'a> {
    pub(super) standards: &'a Standards,
    pub(super) limits: Limits,
    /// What an archive may hold; the usual where nobody said.
    pub(super) archive: Option<ArchiveLimits>,
    pub(super) ask: &'a Ask,
    /// Where children work.
    pub(super) desk: Desk,
    /// What is to be said in every report.
    pub(super) notes: Vec<Note>,
}

impl Reader<'_> {
    /// Reads one file in the child. A file that cannot be read is a report; a machine that cannot read is an
    /// error.
    pub(super) fn read(&self, item: &Item) -> Result<Vec<Read>, GateError> {
        let file = item.name();
        let source = |member: Option<String>| Source {
            file: file.clone(),
            layer: member.clone().unwrap_or_else(|| file.clone()),
            member,
            format: "unknown".to_owned(),
            hash: hash_of(&item.path),
        };
        let refuse = |source: Source, code: &str, message: &str, remedy: &str| {
            Read::Refused(Box::new(validate::refused(
                source,
                None,
                code,
                message,
                remedy,
                self.standards,
            )))
        };
        let mut options = ReadOptions {
            label: item.label.clone(),
            ..self.ask.read.clone()
        };
        if let Some(archive) = &self.archive {
            options.archive = *archive;
        }
        let delivery = match worker::read_at(&self.desk, &item.path, &options, &self.limits) {
            Ok(delivery) => delivery,
            Err(error) => match error.refused(&file) {
                Some(no) => {
                    return Ok(vec![refuse(
                        source(None),
                        &no.code,
                        &no.message,
                        &no.remedy,
                    )]);
                }
                // The machine, the installation or an option, not the file.
                None => return Err(GateError::Reader(error)),
            },
        };
        let mut reads = vec![];
        let mut delivery = delivery;
        for mut raw in std::mem::take(&mut delivery.layers) {
            raw.notes.extend(delivery.notes.iter().cloned());
            // What lies beside the file, or a person says, goes before what the archive says inside.
            let mut metadata = raw
                .source
                .member
                .as_deref()
                .and_then(|member| delivery.described(member))
                .cloned()
                .unwrap_or_default();
            metadata.0.extend(item.metadata.0.clone());
            raw.notes.extend(self.notes.iter().cloned());
            answer_crs(&mut raw, metadata.text("crs"));
            let mut confirmed = self.ask.confirmed.clone();
            if let Some(confirmed) = &mut confirmed
                && !answer_crs(&mut raw, confirmed.crs.as_deref())
            {
                confirmed.crs = None;
            }
            reads.push(Read::Layer(Box::new(raw), metadata, confirmed));
        }
        for refused in delivery.refused {
            let member = (refused.member != file).then_some(refused.member);
            reads.push(refuse(
                source(member),
                &refused.code,
                &refused.message,
                &refused.remedy,
            ));
        }
        if reads.is_empty() {
            reads.push(refuse(
                source(None),
                "no_layer",
                "the file holds no layer",
                "Export the layer again and look whether it has any rows.",
            ));
        }
        Ok(reads)
    }
}

/// A file that does not say its CRS, with metadata that do: a person has answered, as with `--crs`. What the
/// file itself says is never overruled by them. True when it was an answer.
fn answer_crs(raw: &mut RawLayer, said: Option<&str>) -> bool {
    if raw.crs != CrsName::Missing {
        return false;
    }
    let said = said
        .and_then(|crs| crs.split_once(':'))
        .filter(|(name, code)| {
            matches!(name.to_ascii_uppercase().as_str(), "EPSG" | "OGC")
                && !code.is_empty()
                && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    if let Some((name, code)) = said {
        raw.crs = CrsName::Authority {
            name: name.to_ascii_uppercase(),
            code: code.to_owned(),
        };
        raw.crs_origin = CrsOrigin::Given;
    }
    said.is_some()
}

fn hash_of(path: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    let hashed =
        std::fs::File::open(path).and_then(|mut file| std::io::copy(&mut file, &mut hasher));
    match hashed {
        Ok(_) => hasher.finalize().to_hex().to_string(),
        Err(_) => String::new(),
    }
}
