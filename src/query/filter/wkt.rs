//! Geometries in CQL2 text: well-known text and BBOX. A third coordinate is read and dropped.

use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon,
    Point, Polygon,
};

use super::{FilterError, text::Parser};

const TAGS: [&str; 8] = [
    "point",
    "linestring",
    "polygon",
    "multipoint",
    "multilinestring",
    "multipolygon",
    "geometrycollection",
    "bbox",
];

/// True for the word that opens a geometry.
pub(super) fn is_tag(word: &str) -> bool {
    TAGS.iter().any(|tag| tag.eq_ignore_ascii_case(word))
}

/// The geometry after its tag (lower case).
pub(super) fn tagged(parser: &mut Parser<'_>, tag: &str) -> Result<Geometry<f64>, FilterError> {
    parser.word("z");
    Ok(match tag {
        "point" => {
            parser.need("(")?;
            let at = coord(parser)?;
            parser.need(")")?;
            Point(at).into()
        }
        "linestring" => path(parser)?.into(),
        "polygon" => area(parser)?.into(),
        "multipoint" => MultiPoint::new(listed(parser, |parser| {
            // Both MULTIPOINT((1 2)) and the older MULTIPOINT(1 2) are written.
            let bracket = parser.sign("(");
            let at = coord(parser)?;
            if bracket {
                parser.need(")")?;
            }
            Ok(Point(at))
        })?)
        .into(),
        "multilinestring" => MultiLineString::new(listed(parser, path)?).into(),
        "multipolygon" => MultiPolygon::new(listed(parser, area)?).into(),
        "bbox" => {
            parser.need("(")?;
            let mut numbers = vec![parser.number()?];
            while parser.sign(",") {
                numbers.push(parser.number()?);
            }
            parser.need(")")?;
            bbox(&numbers).ok_or_else(|| {
                parser.wrong("BBOX wants west, south, east, north (or six numbers with heights), south not above north")
            })?
        }
        _ => {
            let members = listed(parser, |parser| {
                let tag = TAGS[..6]
                    .iter()
                    .find(|tag| parser.word(tag))
                    .ok_or_else(|| parser.wrong("a geometry is wanted here"))?;
                tagged(parser, tag)
            })?;
            Geometry::GeometryCollection(GeometryCollection::new_from(members))
        }
    })
}

/// The area of a box of four or six numbers; two areas where it crosses 180 degrees.
pub(super) fn bbox(numbers: &[f64]) -> Option<Geometry<f64>> {
    let ([west, south, east, north] | [west, south, _, east, north, _]) = *numbers else {
        return None;
    };
    if south > north || numbers.iter().any(|number| !number.is_finite()) {
        return None;
    }
    let one =
        |west, east| geo_types::Rect::new(Coord { x: west, y: south }, Coord { x: east, y: north });
    Some(if west <= east {
        let rect = one(west, east);
        // A box without extent is the point or the line it has shrunk to: an area of nothing meets nothing.
        let (low, high) = (rect.min(), rect.max());
        match (low.x == high.x, low.y == high.y) {
            (true, true) => Geometry::Point(Point(low)),
            (false, false) => Geometry::Polygon(rect.to_polygon()),
            _ => Geometry::LineString(LineString::new(vec![low, high])),
        }
    } else {
        Geometry::MultiPolygon(MultiPolygon::new(vec![
            one(west, 180.0).to_polygon(),
            one(-180.0, east).to_polygon(),
        ]))
    })
}

fn coord(parser: &mut Parser<'_>) -> Result<Coord<f64>, FilterError> {
    let (x, y) = (parser.number()?, parser.number()?);
    if parser.number_is_next() {
        parser.number()?;
    }
    Ok(Coord { x, y })
}

fn listed<T>(
    parser: &mut Parser<'_>,
    one: impl Fn(&mut Parser<'_>) -> Result<T, FilterError>,
) -> Result<Vec<T>, FilterError> {
    parser.need("(")?;
    let mut list = vec![one(parser)?];
    while parser.sign(",") {
        list.push(one(parser)?);
    }
    parser.need(")")?;
    Ok(list)
}

fn path(parser: &mut Parser<'_>) -> Result<LineString<f64>, FilterError> {
    let coords = listed(parser, coord)?;
    if coords.len() < 2 {
        return Err(parser.wrong("a line has at least two points"));
    }
    Ok(LineString::new(coords))
}

fn ring(parser: &mut Parser<'_>) -> Result<LineString<f64>, FilterError> {
    let coords = listed(parser, coord)?;
    if coords.len() < 4 || coords.first() != coords.last() {
        return Err(parser.wrong("a ring has at least four points and ends where it began"));
    }
    Ok(LineString::new(coords))
}

fn area(parser: &mut Parser<'_>) -> Result<Polygon<f64>, FilterError> {
    let mut rings = listed(parser, ring)?;
    let shell = rings.remove(0);
    Ok(Polygon::new(shell, rings))
}
