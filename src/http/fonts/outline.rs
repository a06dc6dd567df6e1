//! A glyph's outline as a picture of distances.
//!
//! Curves become short lines; each pixel then takes its exact distance to the nearest line, and its side
//! from how often the outline winds around it.

use ttf_parser::OutlineBuilder;

/// The height of the em in pixels, as clients expect it.
pub(super) const SIZE: f32 = 24.0;
/// Pixels around the glyph's box.
pub(super) const BORDER: u32 = 3;
/// Distances up to so many pixels are told apart.
const REACH: f32 = 8.0;
/// Which part of the range lies outside of the outline.
const OUTSIDE: f32 = 0.25;
/// The largest side of a picture: no letter of a sound font is larger.
const MOST_PX: f32 = 200.0;
/// The most lines of an outline.
const MOST_LINES: usize = 4000;

/// A picture of distances. Width and height do not count the border.
pub(super) struct Picture {
    /// Rows from the top, border included: 191 on the outline, more within.
    pub bytes: Vec<u8>,
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// From the pen to the left edge.
    pub left: i32,
    /// From the baseline up to the upper edge.
    pub top: i32,
}

/// Lines in pixels, y upwards.
pub(super) struct Lines {
    scale: f32,
    start: [f32; 2],
    at: [f32; 2],
    all: Vec<[[f32; 2]; 2]>,
}

impl Lines {
    /// For a font with so many units to the em.
    pub(super) fn new(units: u16) -> Self {
        Self {
            scale: SIZE / f32::from(units.max(1)),
            start: [0.0; 2],
            at: [0.0; 2],
            all: vec![],
        }
    }

    fn to(&mut self, to: [f32; 2]) {
        if to != self.at && self.all.len() < MOST_LINES {
            self.all.push([self.at, to]);
        }
        self.at = to;
    }

    fn curve(&mut self, steps: u8, point: impl Fn(f32) -> [f32; 2]) {
        for step in 1..=steps {
            self.to(point(f32::from(step) / f32::from(steps)));
        }
    }

    /// The picture; none for an empty outline, such as a blank's.
    pub(super) fn picture(&self) -> Option<Picture> {
        let ends = || self.all.iter().flatten();
        let least = |axis: usize| {
            ends()
                .map(|end| end[axis])
                .fold(f32::INFINITY, f32::min)
                .floor()
        };
        let most = |axis: usize| {
            ends()
                .map(|end| end[axis])
                .fold(f32::NEG_INFINITY, f32::max)
                .ceil()
        };
        let ([left, bottom], [right, top]) = ([least(0), least(1)], [most(0), most(1)]);
        let (wide, high) = (right - left, top - bottom);
        // Also false for what is no number.
        if !(wide > 0.0 && high > 0.0 && wide <= MOST_PX && high <= MOST_PX) {
            return None;
        }
        let (width, height) = (wide as u32, high as u32);
        let mut bytes = Vec::with_capacity(((width + 2 * BORDER) * (height + 2 * BORDER)) as usize);
        for row in 0..height + 2 * BORDER {
            let y = top + BORDER as f32 - row as f32 - 0.5;
            for column in 0..width + 2 * BORDER {
                let x = left - BORDER as f32 + column as f32 + 0.5;
                let far = self.distance([x, y]) / REACH + OUTSIDE;
                bytes.push((255.0 - 255.0 * far).round().clamp(0.0, 255.0) as u8);
            }
        }
        Some(Picture {
            bytes,
            width,
            height,
            left: left as i32,
            top: top as i32,
        })
    }

    /// The distance of a place to the outline; negative within.
    fn distance(&self, [x, y]: [f32; 2]) -> f32 {
        let mut nearest = f32::INFINITY;
        let mut winding = 0;
        for &[[ax, ay], [bx, by]] in &self.all {
            let (dx, dy) = (bx - ax, by - ay);
            let along = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
            let (px, py) = (ax + along * dx - x, ay + along * dy - y);
            nearest = nearest.min(px * px + py * py);
            let side = dx * (y - ay) - (x - ax) * dy;
            if ay <= y && by > y && side > 0.0 {
                winding += 1;
            } else if ay > y && by <= y && side < 0.0 {
                winding -= 1;
            }
        }
        let nearest = nearest.sqrt();
        if winding == 0 { nearest } else { -nearest }
    }
}

impl OutlineBuilder for Lines {
    fn move_to(&mut self, x: f32, y: f32) {
        self.at = [x * self.scale, y * self.scale];
        self.start = self.at;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.to([x * self.scale, y * self.scale]);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (a, scale) = (self.at, self.scale);
        let (b, c) = ([x1 * scale, y1 * scale], [x * scale, y * scale]);
        self.curve(6, |t| {
            let u = 1.0 - t;
            std::array::from_fn(|axis| u * u * a[axis] + 2.0 * u * t * b[axis] + t * t * c[axis])
        });
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (a, scale) = (self.at, self.scale);
        let [b, c, d] = [[x1, y1], [x2, y2], [x, y]].map(|[x, y]| [x * scale, y * scale]);
        self.curve(8, |t| {
            let u = 1.0 - t;
            std::array::from_fn(|axis| {
                u * u * u * a[axis]
                    + 3.0 * u * u * t * b[axis]
                    + 3.0 * u * t * t * c[axis]
                    + t * t * t * d[axis]
            })
        });
    }

    fn close(&mut self) {
        self.to(self.start);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A square ring: 10 to 34 units outside, 14 to 30 within, one unit a pixel.
    fn ring() -> Lines {
        let mut lines = Lines::new(24);
        let mut square = |low: f32, high: f32, turned: bool| {
            let mut corners = [[low, low], [low, high], [high, high], [high, low]];
            if turned {
                corners.reverse();
            }
            lines.move_to(corners[0][0], corners[0][1]);
            for corner in &corners[1..] {
                lines.line_to(corner[0], corner[1]);
            }
            lines.close();
        };
        square(10.0, 34.0, false);
        square(14.0, 30.0, true);
        lines
    }

    #[test]
    fn a_ring_is_dark_on_its_band_and_light_in_its_hole() {
        let lines = ring();
        let picture = lines.picture().expect("an outline");
        assert_eq!(
            (picture.width, picture.height, picture.left, picture.top),
            (24, 24, 10, 34)
        );
        let side = (24 + 2 * BORDER) as usize;
        assert_eq!(picture.bytes.len(), side * side);
        let at =
            |x: usize, y: usize| picture.bytes[(y + BORDER as usize) * side + x + BORDER as usize];
        // Half a pixel from the outline on either side of it.
        let outline = 255.0 * (1.0 - OUTSIDE);
        assert!(f32::from(at(0, 12)) > outline && f32::from(at(4, 12)) < outline);
        assert!((f32::from(at(0, 12)) - outline - 255.0 / 16.0).abs() < 1.0);
        assert_eq!(at(12, 12), 0);
        assert!(Lines::new(0).picture().is_none());
    }

    #[test]
    fn distances_are_those_of_a_plain_circle() {
        let mut lines = Lines::new(24);
        let k = 0.552_284_8 * 9.0;
        lines.move_to(9.0, 0.0);
        lines.curve_to(9.0, k, k, 9.0, 0.0, 9.0);
        lines.curve_to(-k, 9.0, -9.0, k, -9.0, 0.0);
        lines.curve_to(-9.0, -k, -k, -9.0, 0.0, -9.0);
        lines.curve_to(k, -9.0, 9.0, -k, 9.0, 0.0);
        lines.close();
        for (x, y) in [
            (0.0, 0.0),
            (3.0, 4.0),
            (8.0, 8.0),
            (-11.0, 2.0),
            (0.5, -8.5),
        ] {
            let wanted = f32::hypot(x, y) - 9.0;
            let found = lines.distance([x, y]);
            assert!((found - wanted).abs() < 0.1, "{x} {y}: {found} {wanted}");
        }
    }
}
