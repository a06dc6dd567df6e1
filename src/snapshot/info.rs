//! What is known of a snapshot without reading a feature.

use serde::{Deserialize, Serialize};

use crate::model::{
    Bbox, CrsName, Field, Layer, LayerId, Metadata, RankBy, Source, Verdict, Version,
};

/// The description of one immutable version of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SnapshotInfo {
    /// The layer's name.
    pub id: LayerId,
    /// The version's number.
    pub version: Version,
    /// [`super::content_hash`]: 32 hex digits that name the content.
    pub hash: String,
    /// What people call the layer.
    pub title: String,
    /// What it holds.
    pub description: String,
    /// Points, lines or areas: 0, 1, 2.
    pub dimension: u8,
    /// True when its areas are meant to cover the ground without gap or overlap.
    pub coverage: bool,
    /// The fields that make the business key.
    pub key: Vec<String>,
    /// The attributes, in the order of [`super::Snapshot::value`].
    pub fields: Vec<Field>,
    /// How many features.
    pub features: u64,
    /// The box in longitude/latitude; all zero without any geometry.
    pub bbox: Bbox,
    /// What the gate said.
    pub verdict: Verdict,
    /// True for a layer that is shown but not published.
    pub draft: bool,
    /// The standard it was judged by.
    pub standard: String,
    /// The profile it was judged under.
    pub profile: String,
    /// The packs that declare the standard, the lowest first: `in@1`.
    #[serde(default)]
    pub packs: Vec<String>,
    /// Where it came from.
    pub source: Source,
    /// The CRS it came in.
    pub crs_native: CrsName,
    /// Declared and derived metadata.
    pub metadata: Metadata,
    /// Which features stay longest in crowded tiles.
    pub rank_by: Option<RankBy>,
    /// When it was built, RFC 3339.
    pub built_at: String,
}

impl SnapshotInfo {
    /// The description of a layer with this content hash that becomes this version.
    pub(super) fn of(
        layer: &Layer,
        hash: String,
        version: Version,
        draft: bool,
        built_at: &str,
    ) -> Self {
        Self {
            id: layer.id.clone(),
            version,
            hash,
            title: layer.title.clone(),
            description: layer.description.clone(),
            dimension: layer.dimension,
            coverage: layer.coverage,
            key: layer.key.clone(),
            fields: layer.table.fields.clone(),
            features: layer.ids.len() as u64,
            bbox: Bbox::around(&layer.shapes.coords).unwrap_or(Bbox::from([0.0; 4])),
            verdict: layer.verdict,
            draft,
            standard: layer.standard.clone(),
            profile: layer.profile.clone(),
            packs: layer.packs.clone(),
            source: layer.source.clone(),
            crs_native: layer.crs_native.clone(),
            metadata: layer.metadata.clone(),
            rank_by: layer.rank_by.clone(),
            built_at: built_at.to_owned(),
        }
    }
}
