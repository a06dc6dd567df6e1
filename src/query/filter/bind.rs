//! A filter bound to the fields of a layer: names found, types checked, constants worked out.

use std::borrow::Cow;

use geo_types::Geometry;

use super::{
    FilterError,
    bound::{Node, Operand, Scalar, ShapeTest, Spanning, Test},
    expr::{Expr, Name, Spatial},
    fold,
    time::{End, Span},
};
use crate::{
    model::{Field, FieldType},
    query::{distance::Near, spatial::Prepared},
};

/// The names by which a filter calls the geometry, where no field is called so.
pub const GEOMETRY_NAMES: [&str; 4] = ["geometry", "geom", "the_geom", "shape"];

/// What an operand is, for checking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Number,
    Bool,
    Date,
    Moment,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "a number",
            Self::Bool => "true or false",
            Self::Date => "a date",
            Self::Moment => "a moment",
        }
    }
}

pub(super) struct Binder<'a> {
    pub(super) fields: &'a [Field],
    /// Fields that the condition being bound looks at.
    used: Vec<usize>,
}

type Bind<T> = Result<T, FilterError>;

fn wrong(message: impl Into<String>) -> FilterError {
    FilterError {
        at: None,
        message: message.into(),
    }
}

impl<'a> Binder<'a> {
    pub(super) fn new(fields: &'a [Field]) -> Self {
        Self {
            fields,
            used: vec![],
        }
    }

    fn field(&self, name: &Name) -> Bind<usize> {
        let exact = self.fields.iter().position(|field| field.name == name.text);
        exact.ok_or_else(|| {
            let near = self
                .fields
                .iter()
                .map(|field| {
                    (
                        strsim::jaro_winkler(&field.name.to_lowercase(), &name.text.to_lowercase()),
                        field,
                    )
                })
                .filter(|(score, _)| *score > 0.8)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            let hint = match near {
                Some((_, field)) => format!("did you mean `{}`?", field.name),
                None => "/queryables lists those that are".to_owned(),
            };
            FilterError {
                at: name.at,
                message: format!("`{}` is no property of this layer; {hint}", name.text),
            }
        })
    }

    fn is_geometry(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Property(name) => {
                GEOMETRY_NAMES
                    .iter()
                    .any(|known| known.eq_ignore_ascii_case(&name.text))
                    && !self.fields.iter().any(|field| field.name == name.text)
            }
            Expr::Geometry(_) => true,
            _ => false,
        }
    }

    fn kind_of_field(&self, field: usize) -> Kind {
        match self.fields[field].kind {
            FieldType::Text => Kind::Text,
            FieldType::Integer | FieldType::Real => Kind::Number,
            FieldType::Bool => Kind::Bool,
            FieldType::Date => Kind::Date,
            FieldType::DateTime => Kind::Moment,
        }
    }

    fn operand(&mut self, expr: &Expr) -> Bind<(Operand, Kind)> {
        let constant = |scalar, kind| Ok((Operand::Constant(scalar), kind));
        match expr {
            Expr::Property(name) => {
                if self.is_geometry(expr) {
                    return Err(FilterError {
                        at: name.at,
                        message: format!(
                            "`{}` is the geometry; only spatial functions and IS NULL look at it",
                            name.text
                        ),
                    });
                }
                let field = self.field(name)?;
                self.used.push(field);
                Ok((Operand::Field(field), self.kind_of_field(field)))
            }
            Expr::Text(text) => constant(Scalar::Text(Cow::Owned(text.clone())), Kind::Text),
            Expr::Integer(number) => constant(Scalar::Integer(*number), Kind::Number),
            Expr::Real(number) => constant(Scalar::Real(*number), Kind::Number),
            Expr::Bool(yes) => constant(Scalar::Bool(*yes), Kind::Bool),
            Expr::Date(days) => constant(Scalar::Date(*days), Kind::Date),
            Expr::Timestamp(millis) => constant(Scalar::Moment(*millis), Kind::Moment),
            Expr::Casei(inner) | Expr::Accenti(inner) => {
                let (inner, kind) = self.operand(inner)?;
                if kind != Kind::Text {
                    return Err(wrong(format!(
                        "CASEI and ACCENTI fold text, not {}",
                        kind.name()
                    )));
                }
                let folded = match (expr, inner) {
                    (Expr::Casei(_), Operand::Constant(Scalar::Text(text))) => {
                        Operand::Constant(Scalar::Text(Cow::Owned(fold::casei(&text))))
                    }
                    (_, Operand::Constant(Scalar::Text(text))) => {
                        Operand::Constant(Scalar::Text(Cow::Owned(fold::accenti(&text))))
                    }
                    (Expr::Casei(_), inner) => Operand::Casei(Box::new(inner)),
                    (_, inner) => Operand::Accenti(Box::new(inner)),
                };
                Ok((folded, Kind::Text))
            }
            Expr::Negate(inner) => {
                let inner = self.number(inner)?;
                Ok((Operand::Negate(Box::new(inner)), Kind::Number))
            }
            Expr::Arithmetic(with, left, right) => {
                let (left, right) = (self.number(left)?, self.number(right)?);
                Ok((
                    Operand::Arithmetic(*with, Box::new(left), Box::new(right)),
                    Kind::Number,
                ))
            }
            Expr::Interval(..) | Expr::Open => {
                Err(wrong("an interval stands only in temporal functions (T_…)"))
            }
            Expr::Geometry(_) => Err(wrong("a geometry stands only in spatial functions (S_…)")),
            condition => {
                let node = self.condition(condition)?;
                Ok((Operand::Condition(Box::new(node)), Kind::Bool))
            }
        }
    }

    fn number(&mut self, expr: &Expr) -> Bind<Operand> {
        match self.operand(expr)? {
            (operand, Kind::Number) => Ok(operand),
            (_, kind) => Err(wrong(format!(
                "arithmetic wants numbers, not {}",
                kind.name()
            ))),
        }
    }

    fn compared(&mut self, left: &Expr, right: &Expr) -> Bind<(Operand, Operand)> {
        let (a, a_kind) = self.operand(left)?;
        let (b, b_kind) = self.operand(right)?;
        comparable((left, a_kind), (right, b_kind))?;
        Ok((a, b))
    }

    /// Binds a condition.
    pub(super) fn condition(&mut self, expr: &Expr) -> Bind<Node> {
        match expr {
            Expr::Bool(yes) => return Ok(Node::Constant(Some(*yes))),
            Expr::Not(inner) => return Ok(Node::Not(Box::new(self.condition(inner)?))),
            Expr::And(all) => return Ok(Node::And(self.conditions(all)?)),
            Expr::Or(all) => return Ok(Node::Or(self.conditions(all)?)),
            Expr::Spatial(relation, left, right) => return self.spatial(*relation, left, right),
            Expr::Near(left, right, metres) => return self.near(left, right, *metres),
            Expr::IsNull(inner) if self.is_geometry(inner) => {
                return Ok(match **inner {
                    Expr::Geometry(_) => Node::Constant(Some(false)),
                    _ => Node::Shape(ShapeTest::Missing),
                });
            }
            _ => {}
        }
        let before = std::mem::take(&mut self.used);
        let test = self.test(expr)?;
        let mut used = std::mem::replace(&mut self.used, before);
        self.used.extend(&used);
        used.sort_unstable();
        used.dedup();
        let only = match used.as_slice() {
            [field] => Some(*field),
            _ => None,
        };
        Ok(Node::Test(test, only))
    }

    fn conditions(&mut self, all: &[Expr]) -> Bind<Vec<Node>> {
        let mut nodes = all
            .iter()
            .map(|one| self.condition(one))
            .collect::<Bind<Vec<_>>>()?;
        // What looks at shapes costs most: last, when other conditions have said no already.
        nodes.sort_by_key(Node::looks_at_shapes);
        Ok(nodes)
    }

    fn test(&mut self, expr: &Expr) -> Bind<Test> {
        Ok(match expr {
            Expr::Compare(comparison, left, right) => {
                let (left, right) = self.compared(left, right)?;
                Test::Compare(*comparison, left, right)
            }
            Expr::Like(left, right) => {
                let (left, left_kind) = self.operand(left)?;
                let (right, right_kind) = self.operand(right)?;
                if (left_kind, right_kind) != (Kind::Text, Kind::Text) {
                    return Err(wrong("LIKE compares text with a pattern in single quotes"));
                }
                Test::Like(left, right)
            }
            Expr::Between(value, low, high) => {
                let (bound, low_bound) = self.compared(value, low)?;
                let (_, high_bound) = self.compared(value, high)?;
                Test::Between(bound, low_bound, high_bound)
            }
            Expr::In(value, list) => {
                let mut members = vec![];
                for member in list {
                    members.push(self.compared(value, member)?.1);
                }
                let (value, _) = self.operand(value)?;
                let mut constants = vec![];
                for member in &members {
                    if let Some(scalar) = super::eval::constant(member) {
                        constants.push(scalar);
                    }
                }
                if constants.len() == members.len() {
                    constants.sort_by(|a, b| {
                        super::eval::order(a, b).unwrap_or(std::cmp::Ordering::Equal)
                    });
                    Test::OneOf(value, constants)
                } else {
                    Test::In(value, members)
                }
            }
            Expr::IsNull(inner) => Test::IsNull(self.operand(inner)?.0),
            Expr::Temporal(relation, left, right) => {
                Test::Temporal(*relation, self.span(left)?, self.span(right)?)
            }
            other => match self.operand(other)? {
                (operand, Kind::Bool) => Test::Is(operand),
                (_, kind) => {
                    return Err(wrong(format!(
                        "a condition is wanted, and {} stands here; compare it with something",
                        kind.name()
                    )));
                }
            },
        })
    }

    fn span(&mut self, expr: &Expr) -> Bind<Spanning> {
        let Expr::Interval(from, to) = expr else {
            return match self.operand(expr)? {
                (Operand::Constant(Scalar::Date(days)), _) => {
                    Ok(Spanning::Constant(Span::instant(End::Date(days))))
                }
                (Operand::Constant(Scalar::Moment(millis)), _) => {
                    Ok(Spanning::Constant(Span::instant(End::Moment(millis))))
                }
                (operand, Kind::Date | Kind::Moment) => Ok(Spanning::Instant(operand)),
                (_, kind) => Err(wrong(format!(
                    "temporal functions compare dates, moments and intervals, not {}",
                    kind.name()
                ))),
            };
        };
        let mut end = |expr: &Expr| match expr {
            Expr::Open => Ok(None),
            other => match self.operand(other)? {
                (operand, Kind::Date | Kind::Moment) => Ok(Some(operand)),
                (_, kind) => Err(wrong(format!("an interval cannot end in {}", kind.name()))),
            },
        };
        Ok(Spanning::Interval(end(from)?, end(to)?))
    }

    fn literal<'e>(&self, expr: &'e Expr) -> Bind<Option<&'e Geometry<f64>>> {
        match expr {
            Expr::Geometry(geometry) => Ok(Some(geometry)),
            Expr::Property(name) if !self.is_geometry(expr) => {
                self.field(name)?;
                Err(FilterError {
                    at: name.at,
                    message: format!(
                        "`{}` is no geometry; the geometry is called `geometry`",
                        name.text
                    ),
                })
            }
            Expr::Property(_) => Ok(None),
            _ => Err(wrong(
                "spatial functions compare the property `geometry` with a geometry such as POINT(77.6 12.9)",
            )),
        }
    }

    fn spatial(&mut self, relation: Spatial, left: &Expr, right: &Expr) -> Bind<Node> {
        let prepared = |geometry: &Geometry<f64>| {
            Prepared::new(geometry.clone()).ok_or_else(|| wrong("the geometry is empty"))
        };
        Ok(match (self.literal(left)?, self.literal(right)?) {
            (None, Some(geometry)) | (Some(geometry), None) => {
                let turned = self.literal(left)?.is_some();
                let prepared = prepared(geometry)?;
                let world = super::world_box(&prepared.bbox());
                let relation = if turned { relation.turned() } else { relation };
                Node::Shape(ShapeTest::Relation(relation, Box::new(prepared), world))
            }
            (Some(a), Some(b)) => {
                let shapes = crate::query::spatial::as_shapes(a);
                if shapes.len() != 1 {
                    return Err(wrong("compare a collection with the property `geometry`"));
                }
                let yes = super::eval::relation(relation, &prepared(b)?, &shapes.get(0));
                Node::Constant(Some(yes))
            }
            (None, None) => {
                // A geometry and itself: unknown where it is missing, else the same for every row.
                let same = matches!(
                    relation,
                    Spatial::Intersects | Spatial::Equals | Spatial::Within | Spatial::Contains
                );
                Node::Or(vec![
                    Node::And(vec![Node::Shape(ShapeTest::Missing), Node::Constant(None)]),
                    Node::And(vec![
                        Node::Not(Box::new(Node::Shape(ShapeTest::Missing))),
                        Node::Constant(Some(same)),
                    ]),
                ])
            }
        })
    }

    fn near(&mut self, left: &Expr, right: &Expr, metres: f64) -> Bind<Node> {
        let ((None, Some(geometry)) | (Some(geometry), None)) =
            (self.literal(left)?, self.literal(right)?)
        else {
            return Err(wrong(
                "S_DWITHIN compares the property `geometry` with a geometry, and takes metres last",
            ));
        };
        let near = Near::new(geometry, metres).ok_or_else(|| wrong("the geometry is empty"))?;
        let world = super::world_box(&near.bbox());
        Ok(Node::Shape(ShapeTest::Near(Box::new(near), world)))
    }
}

/// Refuses to compare what has no order in common, with the remedy for the property at fault.
fn comparable(left: (&Expr, Kind), right: (&Expr, Kind)) -> Bind<()> {
    let temporal = |kind| matches!(kind, Kind::Date | Kind::Moment);
    if left.1 == right.1 || temporal(left.1) && temporal(right.1) {
        return Ok(());
    }
    let (name, kind, other) = match (left, right) {
        ((Expr::Property(name), kind), (_, other)) | ((_, other), (Expr::Property(name), kind)) => {
            (Some(name), kind, other)
        }
        ((_, kind), (_, other)) => (None, kind, other),
    };
    let remedy = match kind {
        Kind::Text => "write the value in single quotes",
        Kind::Number => "write the value without quotes",
        Kind::Date => "write DATE('2022-04-16')",
        Kind::Moment => "write TIMESTAMP('2022-04-16T10:13:19Z')",
        Kind::Bool => "write true or false",
    };
    Err(match name {
        Some(name) => FilterError {
            at: name.at,
            message: format!(
                "`{}` is {}, so it cannot be compared with {}; {remedy}",
                name.text,
                kind.name(),
                other.name()
            ),
        },
        None => wrong(format!(
            "{} cannot be compared with {}",
            kind.name(),
            other.name()
        )),
    })
}
