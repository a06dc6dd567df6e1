//! Geometries of a whole layer in five flat arrays.
//!
//! Every kind of geometry has the same three levels: a feature has parts, a part has rings, a ring
//! has coordinates. A point is one part with one ring of one coordinate; a line is one part with one
//! ring; a polygon's first ring is its shell and the others are its holes. So code that walks shapes
//! is written once, nothing is allocated for a feature, and the arrays go over a pipe or into a mapped
//! file as they are. `T` is `f64` for longitude/latitude or projected metres and `u32` for world
//! positions (see [`super::world`]).
//!
//! Rings are stored as they came: a closed ring repeats its first coordinate at its end. Only the
//! gate says whether a ring is closed; nothing here closes it.

use geo_types::{
    Coord, Geometry, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
};

/// The kind of one feature's geometry.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, serde::Serialize, serde::Deserialize)]
#[repr(u8)]
pub enum ShapeKind {
    /// The feature has no geometry (a null in the file).
    Missing = 0,
    /// The feature has a geometry without coordinates, such as `POLYGON EMPTY`.
    Empty = 1,
    /// One position.
    Point = 2,
    /// One path.
    LineString = 3,
    /// One area, perhaps with holes.
    Polygon = 4,
    /// Several positions.
    MultiPoint = 5,
    /// Several paths.
    MultiLineString = 6,
    /// Several areas.
    MultiPolygon = 7,
}

impl ShapeKind {
    /// The kind with this number; an unknown number reads as [`ShapeKind::Missing`].
    #[inline]
    pub fn from_u8(number: u8) -> Self {
        match number {
            1 => Self::Empty,
            2 => Self::Point,
            3 => Self::LineString,
            4 => Self::Polygon,
            5 => Self::MultiPoint,
            6 => Self::MultiLineString,
            7 => Self::MultiPolygon,
            _ => Self::Missing,
        }
    }

    /// 0 for points, 1 for lines, 2 for areas; none for missing and empty.
    #[inline]
    pub fn dimension(self) -> Option<u8> {
        match self {
            Self::Missing | Self::Empty => None,
            Self::Point | Self::MultiPoint => Some(0),
            Self::LineString | Self::MultiLineString => Some(1),
            Self::Polygon | Self::MultiPolygon => Some(2),
        }
    }

    /// The name used by OGC Simple Features and RFC 7946; `"Missing"` and `"Empty"` for the two others.
    pub fn name(self) -> &'static str {
        match self {
            Self::Missing => "Missing",
            Self::Empty => "Empty",
            Self::Point => "Point",
            Self::LineString => "LineString",
            Self::Polygon => "Polygon",
            Self::MultiPoint => "MultiPoint",
            Self::MultiLineString => "MultiLineString",
            Self::MultiPolygon => "MultiPolygon",
        }
    }
}

/// The geometries of a layer, owned. Grow it with the `push_*` and `end_*` calls, read it through
/// [`Shapes::view`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shapes<T> {
    /// One [`ShapeKind`] number a feature.
    pub kinds: Vec<u8>,
    /// For each feature, where its parts end in `ring_ends`.
    pub part_ends: Vec<u32>,
    /// For each part, where its rings end in `coord_ends`.
    pub ring_ends: Vec<u32>,
    /// For each ring, where its coordinates end in `coords`.
    pub coord_ends: Vec<u32>,
    /// All coordinates, x before y.
    pub coords: Vec<[T; 2]>,
}

/// The same arrays, borrowed: from [`Shapes`] or from a mapped file.
#[derive(Clone, Copy, Debug)]
pub struct ShapesRef<'a, T> {
    /// One [`ShapeKind`] number a feature.
    pub kinds: &'a [u8],
    /// For each feature, where its parts end in `ring_ends`.
    pub part_ends: &'a [u32],
    /// For each part, where its rings end in `coord_ends`.
    pub ring_ends: &'a [u32],
    /// For each ring, where its coordinates end in `coords`.
    pub coord_ends: &'a [u32],
    /// All coordinates, x before y.
    pub coords: &'a [[T; 2]],
}

/// One feature's geometry.
#[derive(Clone, Copy, Debug)]
pub struct ShapeRef<'a, T> {
    layer: ShapesRef<'a, T>,
    /// What it is.
    pub kind: ShapeKind,
    parts: (usize, usize),
}

/// One part of a geometry: a point, a path, or an area with its holes.
#[derive(Clone, Copy, Debug)]
pub struct PartRef<'a, T> {
    layer: ShapesRef<'a, T>,
    rings: (usize, usize),
}

#[inline]
fn begin(ends: &[u32], at: usize) -> usize {
    if at == 0 { 0 } else { ends[at - 1] as usize }
}

impl<T: Copy> Shapes<T> {
    /// No features yet.
    pub fn new() -> Self {
        Self {
            kinds: vec![],
            part_ends: vec![],
            ring_ends: vec![],
            coord_ends: vec![],
            coords: vec![],
        }
    }

    /// The number of features.
    #[inline]
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// True without features.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// Ends the ring whose coordinates were pushed to `coords` since the last call.
    #[inline]
    pub fn end_ring(&mut self) {
        self.coord_ends.push(self.coords.len() as u32);
    }

    /// Ends the part whose rings were ended since the last call.
    #[inline]
    pub fn end_part(&mut self) {
        self.ring_ends.push(self.coord_ends.len() as u32);
    }

    /// Ends the feature whose parts were ended since the last call.
    #[inline]
    pub fn end_feature(&mut self, kind: ShapeKind) {
        self.part_ends.push(self.ring_ends.len() as u32);
        self.kinds.push(kind as u8);
    }

    /// Adds a feature without coordinates.
    pub fn push_none(&mut self, kind: ShapeKind) {
        self.end_feature(kind);
    }

    /// Adds a point.
    pub fn push_point(&mut self, at: [T; 2]) {
        self.coords.push(at);
        self.end_ring();
        self.end_part();
        self.end_feature(ShapeKind::Point);
    }

    /// Adds a copy of a feature of another layer.
    pub fn push_shape(&mut self, shape: ShapeRef<'_, T>) {
        for part in shape.parts() {
            for ring in part.rings() {
                self.coords.extend_from_slice(ring);
                self.end_ring();
            }
            self.end_part();
        }
        self.end_feature(shape.kind);
    }

    /// Removes every feature and keeps the memory.
    pub fn clear(&mut self) {
        self.kinds.clear();
        self.part_ends.clear();
        self.ring_ends.clear();
        self.coord_ends.clear();
        self.coords.clear();
    }

    /// The arrays, borrowed.
    #[inline]
    pub fn view(&self) -> ShapesRef<'_, T> {
        ShapesRef {
            kinds: &self.kinds,
            part_ends: &self.part_ends,
            ring_ends: &self.ring_ends,
            coord_ends: &self.coord_ends,
            coords: &self.coords,
        }
    }

    /// One feature's geometry.
    #[inline]
    pub fn get(&self, row: usize) -> ShapeRef<'_, T> {
        self.view().get(row)
    }
}

impl<'a, T: Copy> ShapesRef<'a, T> {
    /// The number of features.
    #[inline]
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// True without features.
    pub fn is_empty(&self) -> bool {
        self.kinds.is_empty()
    }

    /// One feature's geometry.
    #[inline]
    pub fn get(&self, row: usize) -> ShapeRef<'a, T> {
        ShapeRef {
            layer: *self,
            kind: ShapeKind::from_u8(self.kinds[row]),
            parts: (begin(self.part_ends, row), self.part_ends[row] as usize),
        }
    }

    /// How many coordinates all features before this one have.
    #[inline]
    pub fn coords_before(&self, row: usize) -> usize {
        let parts = begin(self.part_ends, row);
        begin(self.coord_ends, begin(self.ring_ends, parts))
    }

    /// Every feature's geometry, in order.
    #[inline]
    pub fn iter(&self) -> impl ExactSizeIterator<Item = ShapeRef<'a, T>> + 'a {
        let layer = *self;
        (0..self.len()).map(move |row| layer.get(row))
    }
}

impl<'a, T: Copy> ShapeRef<'a, T> {
    /// The parts, in order.
    #[inline]
    pub fn parts(&self) -> impl ExactSizeIterator<Item = PartRef<'a, T>> + use<'a, T> {
        let layer = self.layer;
        (self.parts.0..self.parts.1).map(move |part| PartRef {
            layer,
            rings: (begin(layer.ring_ends, part), layer.ring_ends[part] as usize),
        })
    }

    /// Every coordinate of the feature, over rings and parts.
    #[inline]
    pub fn coords(&self) -> &'a [[T; 2]] {
        let (from, to) = self.coord_range();
        &self.layer.coords[from..to]
    }

    /// Where the feature's coordinates lie in the layer's array.
    #[inline]
    pub fn coord_range(&self) -> (usize, usize) {
        let ring = |part: usize| begin(self.layer.ring_ends, part);
        let coord = |ring: usize| begin(self.layer.coord_ends, ring);
        (coord(ring(self.parts.0)), coord(ring(self.parts.1)))
    }

    /// True without a coordinate.
    #[inline]
    pub fn is_blank(&self) -> bool {
        self.coords().is_empty()
    }
}

impl<'a, T: Copy> PartRef<'a, T> {
    /// The rings, in order: a polygon's shell comes first.
    #[inline]
    pub fn rings(&self) -> impl ExactSizeIterator<Item = &'a [[T; 2]]> + use<'a, T> {
        let layer = self.layer;
        (self.rings.0..self.rings.1).map(move |ring| {
            &layer.coords[begin(layer.coord_ends, ring)..layer.coord_ends[ring] as usize]
        })
    }
}

impl ShapeRef<'_, f64> {
    /// The shape in `geo`'s terms; none when it is missing or empty.
    ///
    /// `geo` closes open rings, so ask the gate first whether they were closed.
    pub fn to_geo(&self) -> Option<Geometry<f64>> {
        let coord = |c: &[f64; 2]| Coord { x: c[0], y: c[1] };
        let line = |ring: &[[f64; 2]]| LineString::new(ring.iter().map(coord).collect());
        let area = |part: PartRef<'_, f64>| {
            let mut rings = part.rings().map(line);
            let shell = rings.next().unwrap_or_else(|| LineString::new(vec![]));
            Polygon::new(shell, rings.collect())
        };
        let first = || self.coords().first().map(|c| Point(coord(c)));
        Some(match self.kind {
            ShapeKind::Missing | ShapeKind::Empty => return None,
            ShapeKind::Point => Geometry::Point(first()?),
            ShapeKind::LineString => Geometry::LineString(line(self.coords())),
            ShapeKind::Polygon => Geometry::Polygon(area(self.parts().next()?)),
            ShapeKind::MultiPoint => Geometry::MultiPoint(MultiPoint::new(
                self.coords().iter().map(|c| Point(coord(c))).collect(),
            )),
            ShapeKind::MultiLineString => Geometry::MultiLineString(MultiLineString::new(
                self.parts()
                    .flat_map(|part| part.rings().map(line).collect::<Vec<_>>())
                    .collect(),
            )),
            ShapeKind::MultiPolygon => {
                Geometry::MultiPolygon(MultiPolygon::new(self.parts().map(area).collect()))
            }
        })
    }

    /// The smallest box around the shape as west, south, east, north; none without coordinates.
    pub fn bbox(&self) -> Option<super::Bbox> {
        super::Bbox::around(self.coords())
    }
}

impl Shapes<f64> {
    /// Adds a shape given in `geo`'s terms. Members of a collection are not ours to choose from, so a
    /// collection, a rectangle, a triangle and a single segment are added as [`ShapeKind::Missing`].
    pub fn push_geo(&mut self, geometry: &Geometry<f64>) {
        let xy = |c: &Coord<f64>| [c.x, c.y];
        let area = |shapes: &mut Self, polygon: &Polygon<f64>| {
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                shapes.coords.extend(ring.0.iter().map(xy));
                shapes.end_ring();
            }
            shapes.end_part();
        };
        let path = |shapes: &mut Self, line: &LineString<f64>| {
            shapes.coords.extend(line.0.iter().map(xy));
            shapes.end_ring();
            shapes.end_part();
        };
        let kind = match geometry {
            Geometry::Point(point) => {
                self.push_point(xy(&point.0));
                return;
            }
            Geometry::LineString(line) => {
                path(self, line);
                ShapeKind::LineString
            }
            Geometry::Polygon(polygon) => {
                area(self, polygon);
                ShapeKind::Polygon
            }
            Geometry::MultiPoint(points) => {
                for point in points {
                    self.coords.push(xy(&point.0));
                    self.end_ring();
                    self.end_part();
                }
                ShapeKind::MultiPoint
            }
            Geometry::MultiLineString(lines) => {
                lines.iter().for_each(|line| path(self, line));
                ShapeKind::MultiLineString
            }
            Geometry::MultiPolygon(areas) => {
                areas.iter().for_each(|polygon| area(self, polygon));
                ShapeKind::MultiPolygon
            }
            _ => ShapeKind::Missing,
        };
        self.end_feature(kind);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_survives_the_way_through_geo_and_back() {
        let mut shapes = Shapes::new();
        shapes.push_point([1.0, 2.0]);
        shapes.push_none(ShapeKind::Missing);
        for ring in [
            [[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 0.0]],
            [[2.0, 1.0], [3.0, 1.0], [3.0, 2.0], [2.0, 1.0]],
        ] {
            shapes.coords.extend_from_slice(&ring);
            shapes.end_ring();
        }
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);

        let mut again = Shapes::new();
        for shape in shapes.view().iter() {
            match shape.to_geo() {
                Some(geometry) => again.push_geo(&geometry),
                None => again.push_none(shape.kind),
            }
        }
        assert_eq!(shapes, again);
        assert_eq!(
            shapes.get(2).parts().next().map(|part| part.rings().len()),
            Some(2)
        );
        assert!(shapes.get(1).is_blank());
    }
}
