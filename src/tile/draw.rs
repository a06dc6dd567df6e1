//! The rows of a layer drawn one after the other; those of a coverage twice, where the first time does not leave all of
//! them valid.

use super::{
    bends::Bends,
    encode::Outline,
    ground::Ground,
    sketch::{Drawn, Sketch, Vertices},
};
use crate::snapshot::Snapshot;

/// How many shapes are called for at once.
const AHEAD: usize = 32;

/// Draws rows, those that have a part in the tile; how many have none because the tile's system does not
/// reach all of their vertices. Where areas of a coverage are not valid by themselves, all are drawn again by common bends.
pub(super) fn draw(
    snapshot: &Snapshot,
    ground: &impl Ground,
    rows: &[u32],
    sketch: &mut Sketch,
    outlines: &mut Vec<Outline>,
) -> u64 {
    let vertices = Vertices {
        zooms: snapshot.vertex_zooms(),
        blocks: snapshot.blocks(),
        shared: snapshot.info().coverage,
    };
    sketch.bends = None;
    let (lost, troubled) = draw_rows(snapshot, ground, rows, vertices, sketch, outlines);
    if troubled.is_empty() {
        return lost;
    }
    let mut edges_of = |row: u32| {
        let mut edges = vec![];
        let shape = snapshot.world().get(row as usize);
        sketch.edges(ground, shape, vertices, &mut edges);
        if ground.lost_one() {
            edges.clear();
        }
        edges
    };
    let all = rows.iter().flat_map(|&row| edges_of(row)).collect();
    let own: Vec<_> = troubled.iter().map(|&row| edges_of(row)).collect();
    let bends = Bends::of(all, &own);
    sketch.bends = Some(bends);
    for row in troubled {
        sketch.dispute(ground, snapshot.world().get(row as usize), vertices);
        ground.lost_one();
    }
    let (lost, _) = draw_rows(snapshot, ground, rows, vertices, sketch, outlines);
    sketch.bends = None;
    lost
}

/// Draws rows one by one; how many are lost, and which would have to move an edge of a neighbour to be valid.
fn draw_rows(
    snapshot: &Snapshot,
    ground: &impl Ground,
    rows: &[u32],
    vertices: Vertices<'_>,
    sketch: &mut Sketch,
    outlines: &mut Vec<Outline>,
) -> (u64, Vec<u32>) {
    let (mut lost, mut troubled) = (0, vec![]);
    let world = snapshot.world();
    sketch.clear();
    outlines.clear();
    // Few of many rows lie far apart in memory, each look at one waits for it.
    let sparse = (rows.first().zip(rows.last()))
        .is_some_and(|(first, last)| (last - first) as usize > 4 * rows.len());
    for (at, &row) in rows.iter().enumerate() {
        if sparse && at % AHEAD == 0 {
            snapshot.touch(&rows[at..(at + AHEAD).min(rows.len())]);
        }
        let shape = world.get(row as usize);
        let from = sketch.end() as u32;
        let drawn = sketch.draw(ground, shape, vertices, snapshot.bounds(row));
        if ground.lost_one() {
            lost += 1;
            continue;
        }
        if drawn == Drawn::Nothing {
            continue;
        }
        if sketch.troubled {
            troubled.push(row);
        }
        outlines.push(Outline {
            row,
            kind: shape.kind.dimension().map_or(0, |dimension| dimension + 1),
            dot: drawn == Drawn::Dot,
            simplified: sketch.simplified,
            named: true,
            room: sketch.room,
            from,
            to: sketch.end() as u32,
        });
    }
    (lost, troubled)
}
