//! A condition as it is worked out: bound to the fields of a layer, its constants known.

use std::borrow::Cow;

use super::{
    expr::{Arithmetic, Comparison, Spatial, Temporal},
    time::Span,
};
use crate::{
    model::Value,
    query::{distance::Near, spatial::Prepared},
};

/// A value while a condition is worked out.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Scalar<'a> {
    Null,
    Text(Cow<'a, str>),
    Integer(i64),
    Real(f64),
    Bool(bool),
    Date(i32),
    Moment(i64),
}

impl<'a> From<Value<'a>> for Scalar<'a> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Text(text) => Self::Text(Cow::Borrowed(text)),
            Value::Integer(number) => Self::Integer(number),
            Value::Real(number) => Self::Real(number),
            Value::Bool(yes) => Self::Bool(yes),
            Value::Date(days) => Self::Date(days),
            Value::DateTime(millis) => Self::Moment(millis),
        }
    }
}

/// Something with a value for each row.
#[derive(Debug)]
pub(super) enum Operand {
    Field(usize),
    Constant(Scalar<'static>),
    Casei(Box<Operand>),
    Accenti(Box<Operand>),
    Negate(Box<Operand>),
    Arithmetic(Arithmetic, Box<Operand>, Box<Operand>),
    Condition(Box<Node>),
}

/// A span of time for each row.
#[derive(Debug)]
pub(super) enum Spanning {
    Constant(Span),
    Instant(Operand),
    Interval(Option<Operand>, Option<Operand>),
}

/// A condition on values.
#[derive(Debug)]
pub(super) enum Test {
    Compare(Comparison, Operand, Operand),
    Like(Operand, Operand),
    Between(Operand, Operand, Operand),
    In(Operand, Vec<Operand>),
    /// Membership in a sorted list of constants.
    OneOf(Operand, Vec<Scalar<'static>>),
    IsNull(Operand),
    Is(Operand),
    Temporal(Temporal, Spanning, Spanning),
}

/// A condition on the geometry.
#[derive(Debug)]
pub(super) enum ShapeTest {
    Missing,
    Relation(Spatial, Box<Prepared>, [u32; 4]),
    Near(Box<Near>, [u32; 4]),
}

/// A bound condition.
#[derive(Debug)]
pub(super) enum Node {
    Constant(Option<bool>),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
    /// A test, and the only field it looks at where there is only one.
    Test(Test, Option<usize>),
    Shape(ShapeTest),
}

/// A filter bound to the fields of a layer.
#[derive(Debug)]
pub struct Bound {
    pub(super) root: Node,
}

impl Node {
    pub(super) fn looks_at_shapes(&self) -> bool {
        match self {
            Self::Shape(_) => true,
            Self::Not(inner) => inner.looks_at_shapes(),
            Self::And(all) | Self::Or(all) => all.iter().any(Self::looks_at_shapes),
            Self::Constant(_) | Self::Test(..) => false,
        }
    }

    /// A box that no row outside of can pass; none when rows anywhere can.
    pub(super) fn reach(&self) -> Option<[u32; 4]> {
        match self {
            Self::Shape(ShapeTest::Relation(relation, _, world)) => {
                (*relation != Spatial::Disjoint).then_some(*world)
            }
            Self::Shape(ShapeTest::Near(_, world)) => Some(*world),
            Self::And(all) => all.iter().filter_map(Self::reach).reduce(|a, b| {
                [
                    a[0].max(b[0]),
                    a[1].max(b[1]),
                    a[2].min(b[2]),
                    a[3].min(b[3]),
                ]
            }),
            _ => None,
        }
    }
}
