//! From a layer that the gate accepted to a [`Layer`] in the form of its standard.
//!
//! In comes [`Accepted`], which only the gate can make. Out goes a layer with canonical names and types,
//! every value that could not be converted kept as text beside it, longitude/latitude in RFC 7946 winding,
//! and stable feature ids. Nothing is judged here and nothing is lost here.

mod columns;
mod convert;
mod geometry;
mod ids;

use crate::{
    model::{Layer, LayerId, RankBy},
    standard::{LayerStandard, Standards},
    validate::Accepted,
};

/// Why a layer could not be brought into the form of its standard: always our own mistake.
#[derive(Debug, thiserror::Error)]
pub enum NormaliseError {
    /// A column and the geometries disagree about the number of rows.
    #[error("layer {layer}: column `{column}` has {found} rows, the geometries {wanted}")]
    Rows {
        /// The layer.
        layer: LayerId,
        /// The column.
        column: String,
        /// Its rows.
        found: usize,
        /// The rows of the geometries.
        wanted: usize,
    },
    /// The standard that the gate judged by is not among these standards.
    #[error("layer {layer} was judged by a standard that is not loaded")]
    Standard {
        /// The layer.
        layer: LayerId,
    },
}

/// Brings an accepted layer into the form of its standard.
pub fn normalise(accepted: Accepted, standards: &Standards) -> Result<Layer, NormaliseError> {
    let parts = accepted.into_parts();
    let (raw, report) = (parts.raw, parts.report);
    let id = parts
        .standard
        .clone()
        .unwrap_or_else(|| report.layer.clone());
    let wanted = parts.lonlat.len();
    for (field, column) in raw.table.fields.iter().zip(&raw.table.columns) {
        if column.len() != wanted {
            return Err(NormaliseError::Rows {
                layer: id,
                column: field.name.clone(),
                found: column.len(),
                wanted,
            });
        }
    }
    let standard: Option<&LayerStandard> = match &parts.standard {
        None => None,
        Some(layer) => Some(
            standards
                .layer(layer)
                .ok_or_else(|| NormaliseError::Standard {
                    layer: layer.clone(),
                })?,
        ),
    };

    let table = columns::canonical(raw.table, standard, &parts.map, standards);
    let shapes = geometry::canonical(&parts.lonlat);
    drop(parts.lonlat);
    let key: Vec<String> = standard.map_or_else(Vec::new, |standard| standard.key.clone());
    let ids = ids::of(&table, &shapes, &key);
    let said = |element: &str| parts.metadata.text(element).map(str::to_owned);

    Ok(Layer {
        title: said("title")
            .or_else(|| standard.map(|standard| standard.title.say("en").to_owned()))
            .unwrap_or_else(|| raw.source.layer.clone()),
        description: said("description")
            .or_else(|| said("abstract"))
            .or_else(|| standard.map(|standard| standard.about.say("en").to_owned()))
            .unwrap_or_default(),
        dimension: geometry::dimension(&shapes)
            .or_else(|| standard.and_then(|standard| Some(standard.geometry.first()?.dimension())))
            .unwrap_or(0),
        coverage: standard.is_some_and(|standard| standard.coverage),
        key,
        ids,
        table,
        shapes,
        metadata: parts.metadata,
        source: raw.source,
        crs_native: raw.crs,
        standard: report.standard.unwrap_or_default(),
        profile: report.profile,
        packs: report.packs,
        verdict: report.verdict,
        rank_by: standard.and_then(|standard| rank_by(standards, standard)),
        id,
    })
}

/// How the standard ranks features: by a number, or by a code in the order of its list.
fn rank_by(standards: &Standards, standard: &LayerStandard) -> Option<RankBy> {
    let name = standard.rank_by.as_ref()?;
    let field = standards.field(standard, name)?;
    let list = field.codes.as_ref().and_then(|list| standards.codes(list));
    Some(match list {
        Some(list) => RankBy::Codes {
            field: name.clone(),
            order: list
                .entries
                .iter()
                .map(|entry| entry.code.clone())
                .collect(),
        },
        None => RankBy::Number(name.clone()),
    })
}
