//! One text for filters that mean the same: the key under which an answer to a filter is kept.
//!
//! Every name stands in double quotes and every part in brackets, so that two different filters never
//! share a text. The parts of AND and OR and the members of IN stand in order and once, a comparison has
//! its constant on the right, and a double NOT is gone; none of this changes what three-valued logic
//! says. The text is CQL2 and reads back as a filter of the same canonical text.

use std::fmt::Write as _;

use geo_types::{Coord, Geometry, LineString, Polygon};

use super::{
    Filter,
    expr::{Arithmetic, Comparison, Expr, Spatial, Temporal},
};

impl Filter {
    /// The canonical text.
    pub fn canonical(&self) -> String {
        text(&self.expr)
    }

    /// Both filters together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            expr: Expr::And(vec![self.expr, other.expr]),
        }
    }
}

fn text(expr: &Expr) -> String {
    match expr {
        Expr::Property(name) => format!("\"{}\"", name.text.replace('"', "\"\"")),
        Expr::Text(text) => quoted(text),
        Expr::Integer(number) => bracketed_if(*number < 0, number.to_string()),
        Expr::Real(number) => bracketed_if(number.is_sign_negative(), format!("{number:?}")),
        Expr::Bool(yes) => yes.to_string().to_ascii_uppercase(),
        Expr::Date(days) => format!("DATE('{}')", crate::model::value::date_text(*days)),
        Expr::Timestamp(millis) => format!("TIMESTAMP('{}')", moment(*millis)),
        Expr::Interval(from, to) => format!("INTERVAL({},{})", end(from), end(to)),
        Expr::Open => "'..'".to_owned(),
        Expr::Geometry(geometry) => wkt(geometry),
        Expr::Casei(inner) => format!("CASEI({})", text(inner)),
        Expr::Accenti(inner) => format!("ACCENTI({})", text(inner)),
        Expr::Negate(inner) => format!("(-{})", text(inner)),
        Expr::Arithmetic(with, left, right) => {
            format!("({} {} {})", text(left), sign(*with), text(right))
        }
        Expr::Not(inner) => match inner.as_ref() {
            Expr::Not(same) => text(same),
            other => format!("(NOT {})", text(other)),
        },
        Expr::And(all) => together(all, " AND ", |expr| match expr {
            Expr::And(inner) => Some(inner),
            _ => None,
        }),
        Expr::Or(all) => together(all, " OR ", |expr| match expr {
            Expr::Or(inner) => Some(inner),
            _ => None,
        }),
        Expr::Compare(how, left, right) => {
            let (how, left, right) = if is_constant(left) && !is_constant(right) {
                (turned(*how), right, left)
            } else {
                (*how, left, right)
            };
            let name = Comparison::ALL
                .iter()
                .find_map(|&(name, known)| (known == how).then_some(name))
                .expect("every comparison has a sign");
            format!("({} {name} {})", text(left), text(right))
        }
        Expr::Like(value, pattern) => format!("({} LIKE {})", text(value), text(pattern)),
        Expr::Between(value, low, high) => {
            format!("({} BETWEEN {} AND {})", text(value), text(low), text(high))
        }
        Expr::In(value, list) => {
            let mut list: Vec<String> = list.iter().map(text).collect();
            list.sort_unstable();
            list.dedup();
            format!("({} IN ({}))", text(value), list.join(","))
        }
        Expr::IsNull(value) => format!("({} IS NULL)", text(value)),
        Expr::Spatial(which, left, right) => {
            let name = name_of(&Spatial::ALL, which);
            format!("{name}({},{})", text(left), text(right))
        }
        Expr::Near(left, right, metres) => {
            format!("S_DWITHIN({},{},{metres:?})", text(left), text(right))
        }
        Expr::Temporal(which, left, right) => {
            let name = name_of(&Temporal::ALL, which);
            format!("{name}({},{})", text(left), text(right))
        }
    }
}

/// The parts of a chain with chains of the same kind opened, in order, each once.
fn together(all: &[Expr], word: &str, open: fn(&Expr) -> Option<&Vec<Expr>>) -> String {
    fn gather<'a>(all: &'a [Expr], open: fn(&Expr) -> Option<&Vec<Expr>>, out: &mut Vec<&'a Expr>) {
        for expr in all {
            match open(expr) {
                Some(inner) => gather(inner, open, out),
                None => out.push(expr),
            }
        }
    }
    let mut parts = vec![];
    gather(all, open, &mut parts);
    let mut parts: Vec<String> = parts.into_iter().map(text).collect();
    parts.sort_unstable();
    parts.dedup();
    if let [one] = &parts[..] {
        return one.clone();
    }
    format!("({})", parts.join(word))
}

fn name_of<T: PartialEq>(all: &[(&str, T)], wanted: &T) -> String {
    all.iter()
        .find_map(|(name, known)| (known == wanted).then(|| name.to_ascii_uppercase()))
        .expect("every operator has a name")
}

fn sign(with: Arithmetic) -> &'static str {
    Arithmetic::ALL
        .iter()
        .find_map(|&(name, known)| (known == with).then_some(name))
        .expect("every operator has a sign")
}

fn is_constant(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Text(_)
            | Expr::Integer(_)
            | Expr::Real(_)
            | Expr::Bool(_)
            | Expr::Date(_)
            | Expr::Timestamp(_)
    )
}

fn turned(how: Comparison) -> Comparison {
    match how {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A negative number in brackets, so that no sign stands beside another.
fn bracketed_if(negative: bool, text: String) -> String {
    if negative { format!("({text})") } else { text }
}

/// An end of an interval: a plain text, as the grammar wants it there.
fn end(expr: &Expr) -> String {
    match expr {
        Expr::Date(days) => format!("'{}'", crate::model::value::date_text(*days)),
        Expr::Timestamp(millis) => format!("'{}'", moment(*millis)),
        other => text(other),
    }
}

fn moment(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map_or_else(|_| millis.to_string(), |at| at.to_string())
}

fn wkt(geometry: &Geometry<f64>) -> String {
    let mut out = String::new();
    write_wkt(geometry, &mut out);
    out
}

fn write_wkt(geometry: &Geometry<f64>, out: &mut String) {
    let mut list = |name: &str, members: Vec<String>| {
        write!(out, "{name}({})", members.join(",")).expect("a string takes every byte");
    };
    match geometry {
        Geometry::Point(point) => list("POINT", vec![position(point.0)]),
        Geometry::Line(line) => list("LINESTRING", vec![position(line.start), position(line.end)]),
        Geometry::LineString(line) => {
            list("LINESTRING", line.0.iter().copied().map(position).collect());
        }
        Geometry::Polygon(polygon) => list("POLYGON", rings(polygon)),
        Geometry::MultiPoint(points) => list(
            "MULTIPOINT",
            points
                .iter()
                .map(|point| format!("({})", position(point.0)))
                .collect(),
        ),
        Geometry::MultiLineString(lines) => {
            list("MULTILINESTRING", lines.iter().map(ring).collect());
        }
        Geometry::MultiPolygon(polygons) => list(
            "MULTIPOLYGON",
            polygons
                .iter()
                .map(|polygon| format!("({})", rings(polygon).join(",")))
                .collect(),
        ),
        Geometry::GeometryCollection(members) => {
            list("GEOMETRYCOLLECTION", members.iter().map(wkt).collect());
        }
        Geometry::Rect(rect) => list("POLYGON", rings(&rect.to_polygon())),
        Geometry::Triangle(triangle) => list("POLYGON", rings(&triangle.to_polygon())),
    }
}

fn rings(polygon: &Polygon<f64>) -> Vec<String> {
    std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .map(ring)
        .collect()
}

fn ring(line: &LineString<f64>) -> String {
    let all: Vec<String> = line.0.iter().copied().map(position).collect();
    format!("({})", all.join(","))
}

/// The shortest digits that read back as the same number.
fn position(at: Coord<f64>) -> String {
    format!("{} {}", at.x, at.y)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(text: &str) -> String {
        Filter::parse_text(text)
            .unwrap_or_else(|error| panic!("{text}: {error}"))
            .canonical()
    }

    #[test]
    fn filters_that_mean_the_same_have_one_text() {
        for same in [
            &[
                "a=1 AND b=2",
                "b = 2 and (a = 1)",
                "2=b AND a=1 AND b=2",
                "NOT (NOT (a=1)) AND b=2",
            ][..],
            &["a IN ('x','y')", "\"a\" in ('y', 'x', 'y')"],
            &["a<3", "3 > a", "(a)<(3)"],
            &["a=1 OR b=2 OR c=3", "(c=3 OR b=2) OR a=1"],
            &["CASEI(a)=CASEI('X')", "casei(\"a\") = casei('X')"],
            &[
                "S_INTERSECTS(geom,BBOX(1,2,3,4))",
                "s_intersects(geom, bbox(1.0,2,3.0,4))",
            ],
        ] {
            let first = canonical(same[0]);
            for other in &same[1..] {
                assert_eq!(canonical(other), first, "{other}");
            }
        }
    }

    #[test]
    fn filters_that_differ_have_different_texts() {
        let all = [
            "a=1",
            "a='1'",
            "a=1.5",
            "a=b",
            "a='b'",
            "\"a b\"=1",
            "a<>1",
            "a=1 AND b=2",
            "a=1 OR b=2",
            "NOT a=1",
            "a LIKE 'x%'",
            "a LIKE 'x_'",
            "a IS NULL",
            "a IS NOT NULL",
            "a BETWEEN 1 AND 2",
            "a=DATE('2020-01-01')",
            "a='2020-01-01'",
            "a=TIMESTAMP('2020-01-01T00:00:00Z')",
            "a=-1",
            "a=(1-2)",
            "a=1-2-3",
            "a=1-(2-3)",
            "a='x'' OR ''y'",
            "a='x' OR a='y'",
            "S_WITHIN(geom,POINT(1 2))",
            "S_INTERSECTS(geom,POINT(1 2))",
            "S_INTERSECTS(geom,POINT(2 1))",
            "S_DWITHIN(geom,POINT(1 2),5)",
            "T_DURING(a,INTERVAL('2020-01-01','..'))",
            "T_DURING(a,INTERVAL('..','2020-01-01'))",
            "a=true",
            "a='TRUE'",
            "a % 2 = 1",
            "a div 2 = 1",
        ];
        for (at, one) in all.iter().enumerate() {
            for other in &all[..at] {
                assert_ne!(canonical(one), canonical(other), "{one} and {other}");
            }
        }
    }

    #[test]
    fn the_text_is_a_filter_of_the_same_text() {
        for text in [
            "a=1 AND (b LIKE 'ü%' OR NOT c IN (1,2,-3)) AND d IS NOT NULL",
            "a BETWEEN -1.5 AND 1e20 OR -b < 3 ^ 2",
            "ACCENTI(CASEI(a)) = ACCENTI(CASEI('Été ''x'''))",
            "S_INTERSECTS(geometry, MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((5 5,6 5,6 6,5 5))))",
            "S_DISJOINT(geometry, GEOMETRYCOLLECTION(POINT(1.25 -2),LINESTRING(0 0,1 1),MULTIPOINT((1 1),(2 2))))",
            "T_AFTER(updated, TIMESTAMP('2022-04-16T10:13:19.123Z')) AND day < DATE('2022-04-16')",
            "T_INTERSECTS(INTERVAL(a,b), INTERVAL('2020-01-01','..'))",
            "\"we \"\"quote\"\"\" = a div 2",
        ] {
            let once = canonical(text);
            assert_eq!(canonical(&once), once, "{text}");
        }
    }
}
