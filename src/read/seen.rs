//! What every reader tells of a layer besides its rows: what was seen in the geometries and what became of it, which
//! texts are damaged, whether the system can be right.

use super::{
    delivery::{Rows, note},
    encoding, raw, srs, wkb,
};
use crate::model::{Bbox, Column, Note, RawLayer};

/// The notes that every reader makes once a layer is whole.
pub(super) fn finish(mut layer: RawLayer) -> RawLayer {
    let bbox = Bbox::around(&layer.shapes.coords);
    layer
        .notes
        .extend(srs::doubt(&layer.crs, layer.crs_origin, bbox));
    let texts = layer
        .table
        .columns
        .iter()
        .filter_map(|column| match column {
            Column::Text(column) => Some(column),
            _ => None,
        });
    let distinct =
        texts.flat_map(|column| (0..column.distinct()).map(|code| column.entry(code as u32)));
    let broken = distinct
        .clone()
        .filter(|text| text.contains('\u{fffd}'))
        .count();
    layer.notes.extend(encoding::note_double(distinct));
    if broken > 0 {
        layer.notes.push(Note {
            count: broken as u64,
            ..note(
                "letters_lost",
                format!("{broken} different texts hold letters that could not be decoded (shown as \u{fffd}); say the right --encoding"),
            )
        });
    }
    layer
}

/// Rows by what was seen in their geometries.
#[derive(Default)]
pub(super) struct SeenRows {
    z: Rows,
    z_used: bool,
    m: Rows,
    open_ring: Rows,
    collection: Rows,
    mixed: Rows,
    broken: Rows,
    curves: Rows,
}

/// `1 feature`, `48 features`.
fn features(count: u64) -> String {
    match count {
        1 => "1 feature".to_owned(),
        count => format!("{count} features"),
    }
}

impl SeenRows {
    pub(super) fn add(&mut self, row: usize, given: raw::Given, seen: wkb::Seen) {
        self.z_used |= seen.z_used;
        for (is, rows) in [
            (seen.z, &mut self.z),
            (seen.m, &mut self.m),
            (seen.open_ring, &mut self.open_ring),
            (seen.collection, &mut self.collection),
            (seen.mixed, &mut self.mixed),
            (seen.broken, &mut self.broken),
            (given == raw::Given::Straightened, &mut self.curves),
        ] {
            if is {
                rows.add(row);
            }
        }
    }

    pub(super) fn notes(self) -> Vec<Note> {
        let used = self.z_used;
        [
            self.z.note("z_dropped", |count| {
                if used {
                    format!("the heights of {} were left out: a layer on the map has two axes", features(count))
                } else {
                    format!("the heights of {} are all 0 and were left out", features(count))
                }
            }),
            self.m.note("m_dropped", |count| format!("the measures of {} were left out", features(count))),
            self.open_ring.note("open_ring", |count| {
                format!("{count} features have a ring that does not end where it begins; it was left open")
            }),
            self.curves.note("curves_linearised", |count| format!("curves of {count} features became short segments")),
            self.collection.note("collection_flattened", |count| {
                format!("{count} collections of one kind of geometry became multi-geometries")
            }),
            self.mixed.note("collection_mixed", |count| {
                format!("{count} features mix points, lines and areas in one collection; they were read without a geometry")
            }),
            self.broken.note("geometry_unreadable", |count| {
                format!("{count} features have a geometry that cannot be read; they were read without one")
            }),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
