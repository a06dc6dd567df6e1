//! Well-known binary (OGC 06-103r4, clause 8) straight into flat arrays: two axes kept, nothing closed,
//! nothing mended.

use crate::model::{ShapeKind, Shapes};

/// How deep collections may nest. Real data nests once.
const DEPTH: u32 = 8;

/// What was seen while reading one geometry, besides its coordinates.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "seven observations that come in any combination"
)]
pub(super) struct Seen {
    /// Coordinates had a third axis.
    pub(super) z: bool,
    /// One of the heights was other than 0 (and not NaN).
    pub(super) z_used: bool,
    /// Coordinates had a measure.
    pub(super) m: bool,
    /// A ring's last coordinate is not its first.
    pub(super) open_ring: bool,
    /// A collection of one kind became a multi-geometry.
    pub(super) collection: bool,
    /// A collection of several kinds was left out.
    pub(super) mixed: bool,
    /// The bytes are not WKB, or of a type unknown to us.
    pub(super) broken: bool,
}

/// Adds the geometry in `bytes` as one feature. What cannot be represented is added as
/// [`ShapeKind::Missing`] and said in what is given back.
pub(super) fn push(shapes: &mut Shapes<f64>, bytes: &[u8]) -> Seen {
    let mut reader = Reader {
        bytes,
        seen: Seen::default(),
    };
    let before = (
        shapes.ring_ends.len(),
        shapes.coord_ends.len(),
        shapes.coords.len(),
    );
    if let Some(kind) = reader.geometry(shapes, DEPTH) {
        let blank = shapes.coords.len() == before.2;
        shapes.end_feature(if blank { ShapeKind::Empty } else { kind });
    } else {
        shapes.ring_ends.truncate(before.0);
        shapes.coord_ends.truncate(before.1);
        shapes.coords.truncate(before.2);
        shapes.push_none(ShapeKind::Missing);
        reader.seen.broken = !reader.seen.mixed;
    }
    reader.seen
}

struct Reader<'a> {
    bytes: &'a [u8],
    seen: Seen,
}

/// Byte order, number of axes.
#[derive(Clone, Copy)]
struct Form {
    little: bool,
    z: bool,
    m: bool,
}

impl Form {
    fn stride(self) -> usize {
        16 + 8 * (usize::from(self.z) + usize::from(self.m))
    }
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.bytes.split_at_checked(count)?;
        self.bytes = rest;
        Some(head)
    }

    fn number(&mut self, little: bool) -> Option<u32> {
        let bytes = self.take(4)?.try_into().ok()?;
        Some(if little {
            u32::from_le_bytes(bytes)
        } else {
            u32::from_be_bytes(bytes)
        })
    }

    /// The header: the form, and the type without its axes.
    fn head(&mut self) -> Option<(Form, u32)> {
        let little = self.take(1)?[0] == 1;
        let code = self.number(little)?;
        // ISO adds 1000 for Z and 2000 for M; the older form sets high bits.
        let (base, axes) = ((code & 0x0fff_ffff) % 1000, (code & 0x0fff_ffff) / 1000);
        let form = Form {
            little,
            z: axes == 1 || axes == 3 || code & 0x8000_0000 != 0,
            m: axes == 2 || axes == 3 || code & 0x4000_0000 != 0,
        };
        self.seen.z |= form.z;
        self.seen.m |= form.m;
        Some((form, base))
    }

    fn coords(&mut self, shapes: &mut Shapes<f64>, form: Form, count: usize) -> Option<()> {
        let stride = form.stride();
        let block = self.take(count.checked_mul(stride)?)?;
        let real = |bytes: &[u8]| {
            let bytes = bytes.try_into().expect("eight bytes");
            if form.little {
                f64::from_le_bytes(bytes)
            } else {
                f64::from_be_bytes(bytes)
            }
        };
        shapes.coords.extend(
            block
                .chunks_exact(stride)
                .map(|at| [real(&at[..8]), real(&at[8..16])]),
        );
        if form.z && !self.seen.z_used {
            self.seen.z_used = block.chunks_exact(stride).any(|at| {
                let height = real(&at[16..24]);
                height != 0.0 && height.is_finite()
            });
        }
        Some(())
    }

    /// One path of counted coordinates; closed rings are checked for being so.
    fn path(&mut self, shapes: &mut Shapes<f64>, form: Form, ring: bool) -> Option<()> {
        let count = self.number(form.little)? as usize;
        let from = shapes.coords.len();
        self.coords(shapes, form, count)?;
        if count > 0 {
            if ring && shapes.coords[from] != shapes.coords[from + count - 1] {
                self.seen.open_ring = true;
            }
            shapes.end_ring();
        }
        Some(())
    }

    /// The rings of one area as one part; none is added when all are empty.
    fn area(&mut self, shapes: &mut Shapes<f64>, form: Form) -> Option<()> {
        let rings = self.number(form.little)?;
        let from = shapes.coord_ends.len();
        for _ in 0..rings {
            self.path(shapes, form, true)?;
        }
        if shapes.coord_ends.len() > from {
            shapes.end_part();
        }
        Some(())
    }

    fn geometry(&mut self, shapes: &mut Shapes<f64>, depth: u32) -> Option<ShapeKind> {
        let (form, base) = self.head()?;
        Some(match base {
            1 => {
                self.coords(shapes, form, 1)?;
                // An empty point is written as two NaNs (OGC 12-128r18, clause 2.1.3.1.1).
                if shapes
                    .coords
                    .last()
                    .is_some_and(|c| c[0].is_nan() && c[1].is_nan())
                {
                    shapes.coords.pop();
                } else {
                    shapes.end_ring();
                    shapes.end_part();
                }
                ShapeKind::Point
            }
            2 => {
                let from = shapes.coord_ends.len();
                self.path(shapes, form, false)?;
                if shapes.coord_ends.len() > from {
                    shapes.end_part();
                }
                ShapeKind::LineString
            }
            3 | 17 => {
                self.area(shapes, form)?;
                ShapeKind::Polygon
            }
            4..=6 | 15 | 16 => {
                for _ in 0..self.number(form.little)? {
                    let member = self.geometry(shapes, depth.checked_sub(1)?)?;
                    let wanted = match base {
                        4 => ShapeKind::Point,
                        5 => ShapeKind::LineString,
                        _ => ShapeKind::Polygon,
                    };
                    if member != wanted {
                        return None;
                    }
                }
                match base {
                    4 => ShapeKind::MultiPoint,
                    5 => ShapeKind::MultiLineString,
                    _ => ShapeKind::MultiPolygon,
                }
            }
            7 => self.collection(shapes, form, depth.checked_sub(1)?)?,
            _ => return None,
        })
    }

    /// A collection of points, of lines or of areas is a multi-geometry by another name. One of several
    /// kinds has no place in a layer, and which member to keep is not ours to choose.
    fn collection(
        &mut self,
        shapes: &mut Shapes<f64>,
        form: Form,
        depth: u32,
    ) -> Option<ShapeKind> {
        let mut dimension = None;
        for _ in 0..self.number(form.little)? {
            let from = shapes.coords.len();
            let member = self.geometry(shapes, depth)?;
            if shapes.coords.len() == from {
                continue;
            }
            if *dimension.get_or_insert(member.dimension()) != member.dimension() {
                self.seen.mixed = true;
                return None;
            }
        }
        self.seen.collection = true;
        Some(match dimension.flatten() {
            Some(0) => ShapeKind::MultiPoint,
            Some(1) => ShapeKind::MultiLineString,
            Some(_) => ShapeKind::MultiPolygon,
            None => ShapeKind::Empty,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Shapes<f64>, Seen) {
        let mut bytes = vec![];
        assert!(
            super::super::raw::wkb_of_text(text, &mut bytes),
            "GDAL reads {text}"
        );
        let mut shapes = Shapes::new();
        let seen = push(&mut shapes, &bytes);
        (shapes, seen)
    }

    fn kind(text: &str) -> ShapeKind {
        read(text).0.get(0).kind
    }

    #[test]
    fn every_kind_arrives_with_its_parts_and_rings() {
        let (shapes, _) = read(
            "MULTIPOLYGON (((0 0,4 0,4 4,0 0),(1 0.5,2 0.5,2 1,1 0.5)),((9 9,10 9,10 10,9 9)))",
        );
        assert_eq!(
            (shapes.part_ends, shapes.ring_ends, shapes.coord_ends),
            (vec![2], vec![2, 3], vec![4, 8, 12])
        );
        assert_eq!(kind("POINT (1 2)"), ShapeKind::Point);
        assert_eq!(kind("POINT EMPTY"), ShapeKind::Empty);
        assert_eq!(kind("POLYGON EMPTY"), ShapeKind::Empty);
        assert_eq!(kind("MULTIPOINT (1 2,3 4)"), ShapeKind::MultiPoint);
        assert_eq!(kind("LINESTRING (1 2,3 4)"), ShapeKind::LineString);
        assert_eq!(
            kind("GEOMETRYCOLLECTION (POLYGON ((0 0,1 0,1 1,0 0)))"),
            ShapeKind::MultiPolygon
        );
    }

    #[test]
    fn heights_open_rings_and_mixtures_are_said() {
        let (shapes, seen) = read("POLYGON Z ((0 0 0,1 0 0,1 1 0,0 0 0))");
        assert!(seen.z && !seen.z_used && !seen.open_ring);
        assert_eq!(shapes.coords[1], [1.0, 0.0]);
        assert!(read("POINT Z (0 0 7)").1.z_used);

        let (shapes, seen) = read("POLYGON ((0 0,1 0,1 1,0 1))");
        assert!(seen.open_ring);
        assert_eq!(shapes.coords.len(), 4, "nothing closed it");

        let (shapes, seen) = read("GEOMETRYCOLLECTION (POINT (1 2),LINESTRING (1 2,3 4))");
        assert!(seen.mixed && !seen.broken);
        assert_eq!(shapes.get(0).kind, ShapeKind::Missing);
        assert!(shapes.coords.is_empty());
    }

    #[test]
    fn bytes_that_are_no_wkb_break_nothing() {
        let mut good = vec![];
        assert!(super::super::raw::wkb_of_text(
            "POLYGON ((0 0,1 0,1 1,0 0))",
            &mut good
        ));
        for cut in 0..good.len() {
            let mut shapes = Shapes::new();
            let seen = push(&mut shapes, &good[..cut]);
            assert!(seen.broken, "cut at {cut}");
            assert_eq!((shapes.len(), shapes.coords.len()), (1, 0));
        }
        let mut many = good.clone();
        many[5..9].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(push(&mut Shapes::new(), &many).broken);
    }
}
