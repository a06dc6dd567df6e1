//! A bound filter, row by row: yes, no or unknown (SQL's three-valued logic).

use std::{borrow::Cow, cmp::Ordering};

use super::{
    bound::{Bound, Node, Operand, Scalar, ShapeTest, Spanning, Test},
    expr::{Arithmetic, Spatial},
    fold,
    time::{self, End, Span},
};
use crate::{
    model::{ShapeRef, Shapes, Value, value::NULL_CODE},
    query::{Budget, QueryError, source::Source, spatial::Prepared},
};

/// Yes, no, or none for unknown.
type Truth = Option<bool>;

/// The milliseconds of a day.
const DAY: i64 = 86_400_000;

impl Bound {
    /// Of these rows, those that pass.
    pub(in crate::query) fn select(
        &self,
        source: &dyn Source,
        rows: Vec<u32>,
        budget: &Budget<'_>,
    ) -> Result<Vec<u32>, QueryError> {
        let truths = truths(&self.root, source, &rows, budget)?;
        Ok(rows
            .into_iter()
            .zip(truths)
            .filter(|(_, truth)| *truth == Some(true))
            .map(|(row, _)| row)
            .collect())
    }

    /// A box in world positions that no row outside of can pass; none when rows anywhere can.
    pub fn reach(&self) -> Option<[u32; 4]> {
        self.root.reach()
    }
}

fn truths(
    node: &Node,
    source: &dyn Source,
    rows: &[u32],
    budget: &Budget<'_>,
) -> Result<Vec<Truth>, QueryError> {
    budget.steps(rows.len() as u64)?;
    Ok(match node {
        Node::Constant(truth) => vec![*truth; rows.len()],
        Node::Not(inner) => {
            let mut found = truths(inner, source, rows, budget)?;
            for truth in &mut found {
                *truth = truth.map(|yes| !yes);
            }
            found
        }
        Node::And(all) => joined(all, false, source, rows, budget)?,
        Node::Or(all) => joined(all, true, source, rows, budget)?,
        Node::Test(test, only) => {
            let distinct = only.and_then(|field| {
                let count = source.distinct(field)?;
                (count < rows.len()).then_some((field, count))
            });
            if let Some((field, count)) = distinct {
                budget.steps(count as u64)?;
                let known: Vec<Truth> = (0..count as u32)
                    .map(|code| test.truth(source, &|_| source.entry(field, code)))
                    .collect();
                let null = test.truth(source, &|_| Value::Null);
                rows.iter()
                    .map(|&row| match source.code(row, field) {
                        NULL_CODE => null,
                        code => known.get(code as usize).copied().unwrap_or(null),
                    })
                    .collect()
            } else {
                let mut found = Vec::with_capacity(rows.len());
                for &row in rows {
                    budget.steps(1)?;
                    found.push(test.truth(source, &|field| source.value(row, field)));
                }
                found
            }
        }
        Node::Shape(test) => {
            let mut shapes = Shapes::new();
            let mut found = Vec::with_capacity(rows.len());
            for &row in rows {
                found.push(shape_truth(test, source, row, &mut shapes, budget)?);
            }
            found
        }
    })
}

/// AND (`stop` false) or OR (`stop` true): a row that is decided is not looked at again.
fn joined(
    all: &[Node],
    stop: bool,
    source: &dyn Source,
    rows: &[u32],
    budget: &Budget<'_>,
) -> Result<Vec<Truth>, QueryError> {
    let mut found = vec![Some(!stop); rows.len()];
    let mut open: Vec<u32> = (0..rows.len() as u32).collect();
    for node in all {
        let left: Vec<u32> = open.iter().map(|&at| rows[at as usize]).collect();
        let truths = truths(node, source, &left, budget)?;
        for (&at, truth) in open.iter().zip(truths) {
            let so_far = &mut found[at as usize];
            if truth == Some(stop) {
                *so_far = Some(stop);
            } else if truth.is_none() {
                *so_far = None;
            }
        }
        open.retain(|&at| found[at as usize] != Some(stop));
    }
    Ok(found)
}

fn shape_truth(
    test: &ShapeTest,
    source: &dyn Source,
    row: u32,
    shapes: &mut Shapes<f64>,
    budget: &Budget<'_>,
) -> Result<Truth, QueryError> {
    let bounds = source.bounds(row);
    if let ShapeTest::Missing = test {
        return Ok(Some(bounds.is_none()));
    }
    let Some(bounds) = bounds else {
        return Ok(None);
    };
    let apart = |world: &[u32; 4]| {
        bounds[0] > world[2] || world[0] > bounds[2] || bounds[1] > world[3] || world[1] > bounds[3]
    };
    let (ShapeTest::Relation(_, _, world) | ShapeTest::Near(_, world)) = test else {
        unreachable!("missing was answered above");
    };
    if apart(world) {
        return Ok(Some(matches!(
            test,
            ShapeTest::Relation(Spatial::Disjoint, ..)
        )));
    }
    shapes.clear();
    source.shape(row, shapes);
    if shapes.is_empty() {
        return Ok(None);
    }
    let shape = shapes.get(0);
    budget.pairs(1 + shape.coords().len() as u64 / 64)?;
    Ok(Some(match test {
        ShapeTest::Relation(kind, prepared, _) => relation(*kind, prepared, &shape),
        ShapeTest::Near(near, _) => near.holds(&shape),
        ShapeTest::Missing => false,
    }))
}

/// Whether a shape stands so to a prepared one.
pub(super) fn relation(kind: Spatial, prepared: &Prepared, shape: &ShapeRef<'_, f64>) -> bool {
    let matrix = || prepared.matrix(shape);
    match kind {
        Spatial::Intersects => prepared.intersects(shape),
        Spatial::Disjoint => !prepared.intersects(shape),
        Spatial::Within => prepared.covers_within(shape),
        Spatial::Contains => matrix().is_some_and(|m| m.is_within()),
        Spatial::Equals => matrix().is_some_and(|m| m.is_equal_topo()),
        Spatial::Touches => matrix().is_some_and(|m| m.is_touches()),
        Spatial::Overlaps => matrix().is_some_and(|m| m.is_overlaps()),
        Spatial::Crosses => matrix().is_some_and(|m| m.is_crosses()),
    }
}

/// How two values of comparable kinds are ordered; none when either is null.
pub(super) fn order(left: &Scalar<'_>, right: &Scalar<'_>) -> Option<Ordering> {
    Some(match (left, right) {
        // Bytes of UTF-8 are in the order of code points, which is what the standard's tests want.
        (Scalar::Text(a), Scalar::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
        (Scalar::Integer(a), Scalar::Integer(b)) | (Scalar::Moment(a), Scalar::Moment(b)) => {
            a.cmp(b)
        }
        (Scalar::Integer(a), Scalar::Real(b)) => (*a as f64).partial_cmp(b)?,
        (Scalar::Real(a), Scalar::Integer(b)) => a.partial_cmp(&(*b as f64))?,
        (Scalar::Real(a), Scalar::Real(b)) => a.partial_cmp(b)?,
        (Scalar::Bool(a), Scalar::Bool(b)) => a.cmp(b),
        (Scalar::Date(a), Scalar::Date(b)) => a.cmp(b),
        (Scalar::Date(a), Scalar::Moment(b)) => (i64::from(*a) * DAY).cmp(b),
        (Scalar::Moment(a), Scalar::Date(b)) => a.cmp(&(i64::from(*b) * DAY)),
        _ => return None,
    })
}

/// The value of an operand that looks at no field.
pub(super) fn constant(operand: &Operand) -> Option<Scalar<'static>> {
    match operand {
        Operand::Constant(scalar) => Some(scalar.clone()),
        Operand::Negate(inner) => Some(negated(&constant(inner)?)),
        Operand::Arithmetic(with, left, right) => {
            Some(reckon(*with, &constant(left)?, &constant(right)?))
        }
        _ => None,
    }
    .filter(|scalar| *scalar != Scalar::Null)
}

fn negated(scalar: &Scalar<'_>) -> Scalar<'static> {
    match scalar {
        Scalar::Integer(number) => number
            .checked_neg()
            .map_or(Scalar::Real(-(*number as f64)), Scalar::Integer),
        Scalar::Real(number) => Scalar::Real(-number),
        _ => Scalar::Null,
    }
}

/// Arithmetic. Whole numbers stay whole where the result is; what has no finite result is null.
fn reckon(with: Arithmetic, left: &Scalar<'_>, right: &Scalar<'_>) -> Scalar<'static> {
    if let (Scalar::Integer(a), Scalar::Integer(b)) = (left, right) {
        let whole = match with {
            Arithmetic::Add => a.checked_add(*b),
            Arithmetic::Subtract => a.checked_sub(*b),
            Arithmetic::Multiply => a.checked_mul(*b),
            Arithmetic::Quotient => a.checked_div(*b),
            Arithmetic::Remainder => a.checked_rem(*b),
            Arithmetic::Power => u32::try_from(*b).ok().and_then(|b| a.checked_pow(b)),
            Arithmetic::Divide => a
                .checked_rem(*b)
                .filter(|rest| *rest == 0)
                .and_then(|_| a.checked_div(*b)),
        };
        if let Some(number) = whole {
            return Scalar::Integer(number);
        }
    }
    let number = |scalar: &Scalar<'_>| match scalar {
        Scalar::Integer(number) => Some(*number as f64),
        Scalar::Real(number) => Some(*number),
        _ => None,
    };
    let (Some(a), Some(b)) = (number(left), number(right)) else {
        return Scalar::Null;
    };
    let result = match with {
        Arithmetic::Add => a + b,
        Arithmetic::Subtract => a - b,
        Arithmetic::Multiply => a * b,
        Arithmetic::Divide => a / b,
        Arithmetic::Quotient => (a / b).trunc(),
        Arithmetic::Remainder => a % b,
        Arithmetic::Power => a.powf(b),
    };
    if result.is_finite() {
        Scalar::Real(result)
    } else {
        Scalar::Null
    }
}

impl Operand {
    fn value<'s>(&'s self, source: &'s dyn Source, get: &dyn Fn(usize) -> Value<'s>) -> Scalar<'s> {
        let folded = |inner: &'s Self, fold: fn(&str) -> String| match inner.value(source, get) {
            Scalar::Text(text) => Scalar::Text(Cow::Owned(fold(&text))),
            _ => Scalar::Null,
        };
        match self {
            Self::Field(field) => get(*field).into(),
            Self::Constant(scalar) => match scalar {
                Scalar::Text(text) => Scalar::Text(Cow::Borrowed(text)),
                other => other.clone(),
            },
            Self::Casei(inner) => folded(inner, fold::casei),
            Self::Accenti(inner) => folded(inner, fold::accenti),
            Self::Negate(inner) => negated(&inner.value(source, get)),
            Self::Arithmetic(with, left, right) => {
                reckon(*with, &left.value(source, get), &right.value(source, get))
            }
            Self::Condition(node) => node
                .by_value(source, get)
                .map_or(Scalar::Null, Scalar::Bool),
        }
    }
}

impl Node {
    /// The truth of a condition inside an operand, where only values are looked at.
    fn by_value<'s>(&'s self, source: &'s dyn Source, get: &dyn Fn(usize) -> Value<'s>) -> Truth {
        match self {
            Self::Constant(truth) => *truth,
            Self::Not(inner) => inner.by_value(source, get).map(|yes| !yes),
            Self::And(all) | Self::Or(all) => {
                // AND stops at the first no, OR at the first yes; an unknown on the way stays unknown.
                let stop = matches!(self, Self::Or(_));
                let mut so_far = Some(!stop);
                for node in all {
                    match node.by_value(source, get) {
                        Some(yes) if yes == stop => return Some(stop),
                        None => so_far = None,
                        Some(_) => {}
                    }
                }
                so_far
            }
            Self::Test(test, _) => test.truth(source, get),
            Self::Shape(_) => None,
        }
    }
}

impl Spanning {
    fn span<'s>(
        &'s self,
        source: &'s dyn Source,
        get: &dyn Fn(usize) -> Value<'s>,
    ) -> Option<Span> {
        let end = |operand: &'s Operand| match operand.value(source, get) {
            Scalar::Date(days) => Some(End::Date(days)),
            Scalar::Moment(millis) => Some(End::Moment(millis)),
            _ => None,
        };
        let open = |operand: &'s Option<Operand>| match operand {
            None => Some(End::Open),
            Some(operand) => end(operand),
        };
        match self {
            Self::Constant(span) => Some(*span),
            Self::Instant(operand) => end(operand).map(Span::instant),
            Self::Interval(from, to) => Some(Span::between(open(from)?, open(to)?)),
        }
    }
}

impl Test {
    fn truth<'s>(&'s self, source: &'s dyn Source, get: &dyn Fn(usize) -> Value<'s>) -> Truth {
        match self {
            Self::Compare(comparison, left, right) => {
                order(&left.value(source, get), &right.value(source, get))
                    .map(|order| comparison.holds(order))
            }
            Self::Like(text, pattern) => {
                let (Scalar::Text(text), Scalar::Text(pattern)) =
                    (text.value(source, get), pattern.value(source, get))
                else {
                    return None;
                };
                Some(fold::like(&text, &pattern))
            }
            Self::Between(value, low, high) => {
                let value = value.value(source, get);
                let above = order(&low.value(source, get), &value).map(Ordering::is_le);
                let below = order(&value, &high.value(source, get)).map(Ordering::is_le);
                match (above, below) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                }
            }
            Self::In(value, list) => {
                let value = value.value(source, get);
                let mut unknown = false;
                for member in list {
                    match order(&value, &member.value(source, get)) {
                        Some(Ordering::Equal) => return Some(true),
                        None => unknown = true,
                        Some(_) => {}
                    }
                }
                (!unknown).then_some(false)
            }
            Self::OneOf(value, list) => {
                let value = value.value(source, get);
                if value == Scalar::Null {
                    return None;
                }
                Some(
                    list.binary_search_by(|member| order(member, &value).unwrap_or(Ordering::Less))
                        .is_ok(),
                )
            }
            Self::IsNull(operand) => Some(operand.value(source, get) == Scalar::Null),
            Self::Is(operand) => match operand.value(source, get) {
                Scalar::Bool(yes) => Some(yes),
                _ => None,
            },
            Self::Temporal(relation, left, right) => Some(time::holds(
                *relation,
                left.span(source, get)?,
                right.span(source, get)?,
            )),
        }
    }
}
