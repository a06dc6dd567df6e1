//! Predicates between shapes: one side prepared once, the other as it lies in the layer.
//!
//! Intersects and the usual cases of within are answered from an index of edges, exactly; what touches a
//! boundary, and every other relation, goes to the full DE-9IM matrix. A shape whose matrix cannot be
//! worked out (a draft's broken polygon) stands in no relation; the gate has already said why.

use std::panic::{AssertUnwindSafe, catch_unwind};

use geo::{
    BoundingRect, CoordsIter, Geometry, Relate,
    relate::{IntersectionMatrix, PreparedGeometry},
};
use geo_types::{Coord, LineString};

use super::edges::{Edges, Position, Xy, distance_sq, locate_in, segment_distance_sq};
use crate::model::{Bbox, ShapeKind, ShapeRef, Shapes};

/// A shape that many others are held against.
pub(super) struct Prepared {
    geometry: Geometry<f64>,
    members: Vec<Member>,
    bbox: Bbox,
    full: std::cell::OnceCell<Option<PreparedGeometry<'static, Geometry<f64>>>>,
}

impl std::fmt::Debug for Prepared {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Prepared")
            .field("geometry", &self.geometry)
            .finish_non_exhaustive()
    }
}

/// A simple geometry of it.
#[derive(Debug)]
struct Member {
    /// 0 points, 1 paths, 2 areas.
    dimension: u8,
    /// The edges of paths and areas.
    edges: Edges,
    /// Points; or the first position of every path or ring.
    starts: Vec<Xy>,
    bbox: Bbox,
}

fn xy(at: &Coord<f64>) -> Xy {
    [at.x, at.y]
}

impl Member {
    fn of<'a>(dimension: u8, lines: impl Iterator<Item = &'a LineString<f64>>) -> Option<Self> {
        let mut edges = vec![];
        let mut starts = vec![];
        let mut coords = vec![];
        for line in lines {
            starts.extend(line.0.first().map(xy));
            coords.extend(line.0.iter().map(xy));
            edges.extend(line.0.windows(2).map(|pair| [xy(&pair[0]), xy(&pair[1])]));
        }
        Some(Self {
            dimension,
            edges: Edges::new(edges),
            starts,
            bbox: Bbox::around(&coords)?,
        })
    }

    fn all(geometry: &Geometry<f64>, found: &mut Vec<Self>) {
        let rings = |area: &geo_types::Polygon<f64>| {
            std::iter::once(area.exterior().clone())
                .chain(area.interiors().iter().cloned())
                .collect::<Vec<_>>()
        };
        match geometry {
            Geometry::Point(_) | Geometry::MultiPoint(_) => {
                let starts: Vec<Xy> = geometry.coords_iter().map(|at| xy(&at)).collect();
                found.extend(Bbox::around(&starts).map(|bbox| Self {
                    dimension: 0,
                    edges: Edges::default(),
                    starts,
                    bbox,
                }));
            }
            Geometry::Line(line) => found.extend(Self::of(
                1,
                std::iter::once(&LineString::new(vec![line.start, line.end])),
            )),
            Geometry::LineString(line) => found.extend(Self::of(1, std::iter::once(line))),
            Geometry::MultiLineString(lines) => found.extend(Self::of(1, lines.0.iter())),
            Geometry::Polygon(area) => found.extend(Self::of(2, rings(area).iter())),
            Geometry::MultiPolygon(areas) => {
                let all: Vec<_> = areas.0.iter().flat_map(rings).collect();
                found.extend(Self::of(2, all.iter()));
            }
            Geometry::GeometryCollection(members) => {
                for member in members {
                    Self::all(member, found);
                }
            }
            Geometry::Rect(rect) => Self::all(&rect.to_polygon().into(), found),
            Geometry::Triangle(triangle) => Self::all(&triangle.to_polygon().into(), found),
        }
    }

    fn intersects(&self, shape: &ShapeRef<'_, f64>, bbox: &Bbox) -> bool {
        if !self.bbox.meets(bbox) {
            return false;
        }
        match shape.kind.dimension() {
            None => false,
            Some(0) => shape.coords().iter().any(|&at| self.holds(at)),
            Some(_) => {
                if self.dimension == 0 {
                    return self.starts.iter().any(|&at| on(shape, at));
                }
                // Where no edges meet, each connected piece lies wholly in the other or wholly out of it,
                // so its first position tells.
                let starts = || rings(shape).filter_map(|ring| ring.first().copied());
                self.dimension == 2 && starts().any(|at| self.holds(at))
                    || rings(shape)
                        .flat_map(|ring| ring.windows(2))
                        .any(|pair| self.edges.meets(pair[0], pair[1]))
                    || shape.kind.dimension() == Some(2)
                        && self.starts.iter().any(|&at| on(shape, at))
                    || rings(shape).any(|ring| ring.len() == 1 && self.holds(ring[0]))
            }
        }
    }

    /// True when a segment comes as near as `reach` to a point or an edge of this member.
    fn near(&self, a: Xy, b: Xy, reach: f64) -> bool {
        let (low, high) = (a[1].min(b[1]) - reach, a[1].max(b[1]) + reach);
        let limit = reach * reach;
        if self.dimension == 0 || self.edges.is_empty() {
            return self.starts.iter().any(|&at| distance_sq(a, b, at) <= limit);
        }
        self.edges
            .near(low, high)
            .any(|&[c, d]| segment_distance_sq(a, b, c, d) <= limit)
    }

    /// True when the position is a point of this member.
    fn holds(&self, at: Xy) -> bool {
        if !self.bbox.holds(at) {
            return false;
        }
        match self.dimension {
            0 => self.starts.contains(&at),
            1 => self.edges.meets(at, at) || self.edges.is_empty() && self.starts.contains(&at),
            _ => self.edges.locate(at) != Position::Outside,
        }
    }
}

fn rings<'a>(shape: &ShapeRef<'a, f64>) -> impl Iterator<Item = &'a [Xy]> {
    shape.parts().flat_map(|part| part.rings())
}

/// True when a position is a point of the shape.
fn on(shape: &ShapeRef<'_, f64>, at: Xy) -> bool {
    match shape.kind.dimension() {
        None => false,
        Some(0) => shape.coords().contains(&at),
        Some(1) => rings(shape)
            .flat_map(|ring| ring.windows(2))
            .any(|pair| super::edges::segments_meet(pair[0], pair[1], at, at)),
        Some(_) => locate_in(rings(shape), at) != Position::Outside,
    }
}

fn finite(shape: &ShapeRef<'_, f64>) -> bool {
    shape
        .coords()
        .iter()
        .all(|at| at[0].is_finite() && at[1].is_finite())
}

impl Prepared {
    /// Prepares a geometry; none when it has no coordinates or one that is not finite.
    pub(super) fn new(geometry: Geometry<f64>) -> Option<Self> {
        let finite = geometry
            .coords_iter()
            .all(|at| at.x.is_finite() && at.y.is_finite());
        let rect = geometry.bounding_rect().filter(|_| finite)?;
        let mut members = vec![];
        Member::all(&geometry, &mut members);
        Some(Self {
            bbox: Bbox {
                west: rect.min().x,
                south: rect.min().y,
                east: rect.max().x,
                north: rect.max().y,
            },
            geometry,
            members,
            full: std::cell::OnceCell::new(),
        })
    }

    /// The box around it.
    pub(super) fn bbox(&self) -> Bbox {
        self.bbox
    }

    /// True when both share a point.
    pub(super) fn intersects(&self, shape: &ShapeRef<'_, f64>) -> bool {
        let Some(bbox) = shape.bbox().filter(|_| finite(shape)) else {
            return false;
        };
        self.members
            .iter()
            .any(|member| member.intersects(shape, &bbox))
    }

    /// True when the shape lies within the prepared one: no point of it outside, and some of its interior
    /// in the interior.
    pub(super) fn covers_within(&self, shape: &ShapeRef<'_, f64>) -> bool {
        if shape.is_blank() || !finite(shape) {
            return false;
        }
        if let [area] = self.members.as_slice()
            && area.dimension == 2
        {
            let mut strictly = true;
            for &at in shape.coords() {
                match area.edges.locate(at) {
                    Position::Outside => return false,
                    Position::Boundary => strictly = false,
                    Position::Inside => {}
                }
            }
            if strictly {
                if shape.kind.dimension() == Some(0) {
                    return true;
                }
                let crossed = rings(shape)
                    .flat_map(|ring| ring.windows(2))
                    .any(|pair| area.edges.meets(pair[0], pair[1]));
                // An edge crossed by a shape with every corner strictly inside leads out of the area,
                // unless two parts of it touch there: the matrix knows.
                if !crossed {
                    return shape.kind.dimension() == Some(1)
                        || !area.starts.iter().any(|&at| on(shape, at));
                }
            }
        }
        self.matrix(shape)
            .is_some_and(|matrix| matrix.is_contains())
    }

    /// True when some point of the shape is no further from the prepared one than `reach` says; it is asked
    /// with the x of the shape's segment at hand. Both in one plane.
    pub(super) fn within_distance(
        &self,
        shape: &ShapeRef<'_, f64>,
        reach: &dyn Fn(f64) -> f64,
    ) -> bool {
        if self.intersects(shape) {
            return true;
        }
        if shape.is_blank() || !finite(shape) {
            return false;
        }
        rings(shape).any(|ring| {
            let last = ring.len() - 1;
            (0..last.max(1)).any(|at| {
                let (a, b) = (ring[at], ring[(at + 1).min(last)]);
                let reach = reach(f64::midpoint(a[0], b[0]));
                self.members.iter().any(|member| member.near(a, b, reach))
            })
        })
    }

    /// The matrix of the prepared shape (first) and another; none when it cannot be worked out.
    pub(super) fn matrix(&self, shape: &ShapeRef<'_, f64>) -> Option<IntersectionMatrix> {
        if shape.is_blank() || !finite(shape) {
            return None;
        }
        let other = shape.to_geo()?;
        // `relate` panics on some invalid input; see stack.md of the project's notes, section 4.
        catch_unwind(AssertUnwindSafe(|| {
            let full = self
                .full
                .get_or_init(|| Some(PreparedGeometry::from(self.geometry.clone())));
            full.as_ref().map(|full| full.relate(&other))
        }))
        .ok()
        .flatten()
    }
}

/// A geometry as the shape of a row.
pub(super) fn as_shapes(geometry: &Geometry<f64>) -> Shapes<f64> {
    let mut shapes = Shapes::new();
    match geometry {
        Geometry::Rect(rect) => shapes.push_geo(&rect.to_polygon().into()),
        Geometry::Triangle(triangle) => shapes.push_geo(&triangle.to_polygon().into()),
        Geometry::Line(line) => {
            shapes.push_geo(&LineString::new(vec![line.start, line.end]).into());
        }
        Geometry::GeometryCollection(members) => {
            for member in members {
                let inner = as_shapes(member);
                for row in 0..inner.len() {
                    shapes.push_shape(inner.get(row));
                }
            }
        }
        other if other.coords_iter().next().is_none() => shapes.push_none(ShapeKind::Empty),
        other => shapes.push_geo(other),
    }
    shapes
}
