//! CQL2 JSON to an expression.

use serde_json::Value as Json;

use super::{
    FilterError, MAX_DEPTH, MAX_TERMS,
    expr::{Arithmetic, Comparison, Expr, Name, Spatial, Temporal, named},
    literal, wkt,
};
use crate::query::geojson_geometry;

type Parsed = Result<Expr, FilterError>;

fn wrong(message: impl Into<String>) -> FilterError {
    FilterError {
        at: None,
        message: message.into(),
    }
}

/// The whole value as one expression.
pub(super) fn parse(json: &Json) -> Parsed {
    Reader { terms: 0 }.expression(json, 0)
}

struct Reader {
    terms: usize,
}

impl Reader {
    fn expression(&mut self, json: &Json, depth: usize) -> Parsed {
        self.terms += 1;
        if self.terms > MAX_TERMS {
            return Err(wrong(format!("the filter has more than {MAX_TERMS} terms")));
        }
        if depth > MAX_DEPTH {
            return Err(wrong(format!(
                "the filter nests deeper than {MAX_DEPTH} levels"
            )));
        }
        match json {
            Json::Bool(yes) => Ok(Expr::Bool(*yes)),
            Json::Number(number) => match number.as_i64() {
                Some(whole) => Ok(Expr::Integer(whole)),
                None => number
                    .as_f64()
                    .filter(|number| number.is_finite())
                    .map(Expr::Real)
                    .ok_or_else(|| wrong("a number is too large")),
            },
            Json::String(text) => Ok(Expr::Text(text.clone())),
            Json::Object(members) => {
                let one = |name: &str| members.get(name).filter(|_| members.len() == 1);
                if let Some(op) = members.get("op").and_then(Json::as_str) {
                    let none = vec![];
                    let args = members
                        .get("args")
                        .and_then(Json::as_array)
                        .unwrap_or(&none);
                    return self.operation(op, args, depth + 1);
                }
                if let Some(name) = one("property").and_then(Json::as_str) {
                    return Ok(Expr::Property(Name {
                        text: name.to_owned(),
                        at: None,
                    }));
                }
                if let Some(text) = one("date").and_then(Json::as_str) {
                    return literal::date(text);
                }
                if let Some(text) = one("timestamp").and_then(Json::as_str) {
                    return literal::timestamp(text);
                }
                if let Some(ends) = one("interval").and_then(Json::as_array) {
                    let [from, to] = ends.as_slice() else {
                        return Err(wrong("an interval has two ends"));
                    };
                    let from = literal::end(self.expression(from, depth + 1)?)?;
                    let to = literal::end(self.expression(to, depth + 1)?)?;
                    return Ok(Expr::Interval(Box::new(from), Box::new(to)));
                }
                if let Some(numbers) = members.get("bbox").and_then(Json::as_array) {
                    let numbers: Vec<f64> = numbers.iter().filter_map(Json::as_f64).collect();
                    return wkt::bbox(&numbers)
                        .map(|area| Expr::Geometry(Box::new(area)))
                        .ok_or_else(|| {
                            wrong("a bbox has four or six numbers, south not above north")
                        });
                }
                if members.contains_key("type") {
                    return geojson_geometry(json)
                        .map(|geometry| Expr::Geometry(Box::new(geometry)))
                        .map_err(wrong);
                }
                Err(wrong(
                    "an object in a filter has `op` and `args`, `property`, `date`, `timestamp`, `interval`, `bbox`, or is a GeoJSON geometry",
                ))
            }
            Json::Array(_) => Err(wrong("a list stands only as second argument of `in`")),
            Json::Null => Err(wrong(
                "null is no value; use {\"op\": \"isNull\", \"args\": [...]}",
            )),
        }
    }

    fn operation(&mut self, op: &str, args: &[Json], depth: usize) -> Parsed {
        let count = |wanted: usize| {
            if args.len() == wanted {
                Ok(())
            } else {
                Err(wrong(format!(
                    "`{op}` has {} arguments; it wants {wanted}",
                    args.len()
                )))
            }
        };
        let lower = op.to_ascii_lowercase();
        match lower.as_str() {
            "and" | "or" => {
                if args.len() < 2 {
                    return Err(wrong(format!("`{op}` wants at least two arguments")));
                }
                let all = args
                    .iter()
                    .map(|arg| self.expression(arg, depth))
                    .collect::<Result<_, _>>()?;
                Ok(if lower == "and" {
                    Expr::And(all)
                } else {
                    Expr::Or(all)
                })
            }
            "not" | "isnull" | "casei" | "accenti" => {
                count(1)?;
                let inner = Box::new(self.expression(&args[0], depth)?);
                Ok(match lower.as_str() {
                    "not" => Expr::Not(inner),
                    "isnull" => Expr::IsNull(inner),
                    "casei" => Expr::Casei(inner),
                    _ => Expr::Accenti(inner),
                })
            }
            "like" => {
                count(2)?;
                let (left, right) = self.pair(args, depth)?;
                Ok(Expr::Like(left, right))
            }
            "between" => {
                count(3)?;
                let value = self.expression(&args[0], depth)?;
                let (low, high) = self.pair(&args[1..], depth)?;
                Ok(Expr::Between(Box::new(value), low, high))
            }
            "in" => {
                count(2)?;
                let list = args[1]
                    .as_array()
                    .filter(|list| !list.is_empty())
                    .ok_or_else(|| wrong("the second argument of `in` is a list"))?;
                let value = self.expression(&args[0], depth)?;
                let list = list
                    .iter()
                    .map(|member| self.expression(member, depth))
                    .collect::<Result<_, _>>()?;
                Ok(Expr::In(Box::new(value), list))
            }
            "s_dwithin" => {
                count(3)?;
                let (left, right) = self.pair(&args[..2], depth)?;
                let metres = args[2]
                    .as_f64()
                    .ok_or_else(|| wrong("the third argument of `s_dwithin` is metres"))?;
                Ok(Expr::Near(left, right, literal::metres(metres)?))
            }
            "-" if args.len() == 1 => Ok(Expr::Negate(Box::new(self.expression(&args[0], depth)?))),
            _ => {
                let known = named(&Comparison::ALL, op).is_some()
                    || named(&Arithmetic::ALL, op).is_some()
                    || named(&Spatial::ALL, op).is_some()
                    || named(&Temporal::ALL, op).is_some();
                if !known {
                    return Err(wrong(literal::unknown_function(op)));
                }
                count(2)?;
                let (left, right) = self.pair(args, depth)?;
                Ok(if let Some(comparison) = named(&Comparison::ALL, op) {
                    Expr::Compare(comparison, left, right)
                } else if let Some(arithmetic) = named(&Arithmetic::ALL, op) {
                    Expr::Arithmetic(arithmetic, left, right)
                } else if let Some(spatial) = named(&Spatial::ALL, op) {
                    Expr::Spatial(spatial, left, right)
                } else {
                    let temporal = named(&Temporal::ALL, op).expect("one of the four is known");
                    Expr::Temporal(temporal, left, right)
                })
            }
        }
    }

    fn pair(&mut self, args: &[Json], depth: usize) -> Result<(Box<Expr>, Box<Expr>), FilterError> {
        Ok((
            Box::new(self.expression(&args[0], depth)?),
            Box::new(self.expression(&args[1], depth)?),
        ))
    }
}
