//! The features of one layer that stand in a relation to those of another, or to a geometry.

use geo_types::Geometry;

use super::{
    QueryError, RelationName,
    areas::{Areas, exact_place},
    budget::Budget,
    distance::Near,
    filter::world_box,
    source::Source,
    spatial::Prepared,
};
use crate::model::Shapes;

/// What features are held against.
pub(super) enum Against<'a> {
    /// Rows of a layer.
    Layer(&'a dyn Source, &'a [u32]),
    /// A geometry in longitude/latitude.
    Shape(&'a Geometry<f64>),
}

/// Of these rows, those that stand so to at least one of the others. Ascending when `rows` are.
pub(super) fn related(
    source: &dyn Source,
    rows: &[u32],
    relation: RelationName,
    metres: f64,
    against: &Against<'_>,
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    let mut open = vec![false; source.rows() as usize];
    for &row in rows {
        open[row as usize] = true;
    }
    let mut search = Search {
        source,
        open,
        near: vec![],
        shapes: Shapes::new(),
        budget,
    };
    match against {
        Against::Shape(geometry) => {
            search.hold(geometry, relation, metres)?;
        }
        Against::Layer(other, others) => {
            let points = rows.iter().all(|&row| source.point(row).is_some());
            let mut shapes = Shapes::new();
            let areas = points && relation != RelationName::Distance && {
                others.iter().all(|&row| {
                    shapes.clear();
                    other.shape(row, &mut shapes);
                    shapes.is_empty() || shapes.get(0).kind.dimension() == Some(2)
                })
            };
            if areas {
                return points_in_areas(source, rows, relation, *other, others, budget);
            }
            // The relations but within can be asked from either side: from the smaller one.
            if others.len() > rows.len() * 2 && relation != RelationName::Within {
                return turned(source, rows, relation, metres, *other, others, budget);
            }
            for &row in *others {
                budget.steps(1)?;
                shapes.clear();
                other.shape(row, &mut shapes);
                let geometry = (!shapes.is_empty())
                    .then(|| shapes.get(0).to_geo())
                    .flatten();
                if let Some(geometry) = geometry {
                    search.hold(&geometry, relation, metres)?;
                }
            }
        }
    }
    let open = search.open;
    Ok(rows
        .iter()
        .copied()
        .filter(|&row| !open[row as usize])
        .collect())
}

struct Search<'a> {
    source: &'a dyn Source,
    /// Rows that were asked for and not found yet.
    open: Vec<bool>,
    near: Vec<u32>,
    shapes: Shapes<f64>,
    budget: &'a Budget<'a>,
}

/// A geometry made ready for one relation.
enum Ready {
    Near(Near),
    Prepared(Prepared, RelationName),
}

impl Ready {
    fn of(geometry: &Geometry<f64>, relation: RelationName, metres: f64) -> Option<Self> {
        Some(match relation {
            RelationName::Distance => Self::Near(Near::new(geometry, metres)?),
            _ => Self::Prepared(Prepared::new(geometry.clone())?, relation),
        })
    }

    fn reach(&self) -> [u32; 4] {
        match self {
            Self::Near(near) => world_box(&near.bbox()),
            Self::Prepared(prepared, _) => world_box(&prepared.bbox()),
        }
    }

    fn holds(&self, shapes: &Shapes<f64>) -> bool {
        if shapes.is_empty() {
            return false;
        }
        let shape = shapes.get(0);
        match self {
            Self::Near(near) => near.holds(&shape),
            Self::Prepared(prepared, RelationName::Within) => prepared.covers_within(&shape),
            Self::Prepared(prepared, _) => prepared.intersects(&shape),
        }
    }
}

impl Search<'_> {
    /// Finds the open rows that stand so to a geometry.
    fn hold(
        &mut self,
        geometry: &Geometry<f64>,
        relation: RelationName,
        metres: f64,
    ) -> Result<(), QueryError> {
        let Some(ready) = Ready::of(geometry, relation, metres) else {
            return Ok(());
        };
        self.near.clear();
        self.source.search(ready.reach(), &mut self.near);
        for &row in &self.near {
            if !self.open[row as usize] {
                continue;
            }
            self.shapes.clear();
            self.source.shape(row, &mut self.shapes);
            self.budget
                .pairs(1 + self.shapes.coords.len() as u64 / 64)?;
            if ready.holds(&self.shapes) {
                self.open[row as usize] = false;
            }
        }
        Ok(())
    }
}

/// The same, asked from the side of the rows: each is made ready and the others searched.
fn turned(
    source: &dyn Source,
    rows: &[u32],
    relation: RelationName,
    metres: f64,
    other: &dyn Source,
    others: &[u32],
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    let mut wanted = vec![false; other.rows() as usize];
    for &row in others {
        wanted[row as usize] = true;
    }
    let (mut found, mut near, mut shapes) = (vec![], vec![], Shapes::new());
    for &row in rows {
        budget.steps(1)?;
        shapes.clear();
        source.shape(row, &mut shapes);
        let geometry = (!shapes.is_empty())
            .then(|| shapes.get(0).to_geo())
            .flatten();
        let Some(ready) = geometry.and_then(|geometry| Ready::of(&geometry, relation, metres))
        else {
            continue;
        };
        near.clear();
        other.search(ready.reach(), &mut near);
        for &candidate in near.iter().filter(|&&candidate| wanted[candidate as usize]) {
            shapes.clear();
            other.shape(candidate, &mut shapes);
            budget.pairs(1 + shapes.coords.len() as u64 / 64)?;
            if ready.holds(&shapes) {
                found.push(row);
                break;
            }
        }
    }
    Ok(found)
}

/// Points against areas: by the raster.
fn points_in_areas(
    source: &dyn Source,
    rows: &[u32],
    relation: RelationName,
    other: &dyn Source,
    others: &[u32],
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    let areas = Areas::new(other, others, budget)?;
    let (mut found, mut shapes) = (vec![], Shapes::new());
    for &row in rows {
        budget.steps(1)?;
        let Some(at) = source.point(row) else {
            continue;
        };
        let mut yes = false;
        areas.at(
            at,
            || exact_place(source, row, (at, true), &mut shapes),
            // A point on the edge is not within (its interior is not in the other's), but it intersects.
            |_, edge| yes |= !edge || relation == RelationName::Intersects,
        );
        if yes {
            found.push(row);
        }
    }
    Ok(found)
}
