//! Columns beside a layer's own: what lies of another layer in each area, and the values of an indicator.

use super::{
    Aggregate, Budget, Measure, QueryError, aggregate,
    answer::{AnswerColumn, Lookup, Totals, layer, which},
    request::Request,
    source::Source,
};
use crate::{
    indicator::{JoinReport, join},
    model::{FieldType, IndicatorId},
    snapshot::Snapshot,
};

/// What lies of another layer in each area of some rows: a column, and what all of them come to.
pub(super) fn tallied(
    lookup: &dyn Lookup,
    ask: &Aggregate,
    snapshot: &Snapshot,
    rows: &[u32],
    notes: &mut Vec<String>,
    budget: &Budget<'_>,
) -> Result<(AnswerColumn, Totals), QueryError> {
    if snapshot.info().dimension != 2 {
        return Err(QueryError::bad(
            "aggregate",
            format!("needs areas, and {} has none", snapshot.info().id),
            "ask for a layer of areas, such as wards",
        ));
    }
    let other = layer(lookup, &ask.of)?;
    let dimension = other.info().dimension;
    let fits = match ask.measure {
        Measure::Length => dimension >= 1,
        Measure::Area => dimension == 2,
        _ => true,
    };
    if !fits {
        return Err(QueryError::bad(
            "aggregate.measure",
            format!(
                "`{}` cannot be worked out for {}",
                ask.measure.name(),
                ask.of
            ),
            "lengths need lines or areas, areas need areas; count works for all",
        ));
    }
    let field = match (ask.measure, &ask.field) {
        (Measure::Sum, Some(name)) => {
            let numeric = other.field(name).filter(|&at| {
                matches!(
                    other.info().fields[at].kind,
                    FieldType::Integer | FieldType::Real
                )
            });
            Some(numeric.ok_or_else(|| {
                QueryError::bad(
                    "aggregate.field",
                    format!("`{name}` is no field of numbers of {}", ask.of),
                    "its queryables list the fields",
                )
            })?)
        }
        (Measure::Sum, None) => {
            return Err(QueryError::bad(
                "aggregate.field",
                "is missing",
                "name the field of numbers to sum",
            ));
        }
        (_, Some(_)) => {
            return Err(QueryError::bad(
                "aggregate.field",
                "belongs to the measure sum",
                "leave it out",
            ));
        }
        (_, None) => None,
    };
    let others = which(&*other, &ask.which, "aggregate.", budget)?;
    let once = snapshot.info().coverage;
    let tally = aggregate::tally(
        &aggregate::Ask {
            of: &*other,
            rows: &others,
            within: snapshot,
            into: rows,
            once,
            measure: ask.measure,
            field,
        },
        budget,
    )?;
    let counts = matches!(
        ask.measure,
        Measure::Count | Measure::Sum | Measure::Density
    );
    if counts && dimension > 0 {
        notes.push(format!(
            "each feature of {} is counted where its label point lies",
            ask.of
        ));
    }
    if counts && once {
        notes.push("a feature on a common edge is counted in one area only".to_owned());
    }
    let unit = match ask.measure {
        Measure::Count => None,
        Measure::Sum => field.and_then(|at| other.info().fields[at].unit.clone()),
        Measure::Density => Some("1/km2".to_owned()),
        Measure::Length => Some("m".to_owned()),
        Measure::Area => Some("m2".to_owned()),
    };
    let column = AnswerColumn {
        name: own_name(snapshot, ask.measure.name()),
        title: match &ask.field {
            Some(field) => format!(
                "{} of {field} of {}",
                ask.measure.name(),
                other.info().title
            ),
            None => format!("{} of {}", ask.measure.name(), other.info().title),
        },
        unit,
        values: tally.values,
    };
    Ok((
        column,
        Totals {
            considered: tally.considered,
            counted: tally.counted,
            outside: tally.outside,
            without_geometry: tally.without_geometry,
            without_value: tally.without_value,
            total: tally.total,
        },
    ))
}

/// The values of an indicator for some rows, how well it joins their layer, and the period that was taken.
pub(super) fn indicated(
    lookup: &dyn Lookup,
    indicator: &IndicatorId,
    request: &Request,
    snapshot: &Snapshot,
    rows: &[u32],
) -> Result<(AnswerColumn, JoinReport, String), QueryError> {
    let table = lookup
        .table(indicator)
        .ok_or_else(|| QueryError::NotFound {
            what: "indicator",
            name: indicator.to_string(),
            remedy: "/indicators lists those with a table".to_owned(),
        })?;
    let period = match &request.period {
        None => table
            .periods
            .iter()
            .max_by_key(|period| (period.to, period.from)),
        Some(label) => table.periods.iter().find(|period| period.label == *label),
    };
    let period = period.ok_or_else(|| {
        let known: Vec<&str> = table
            .periods
            .iter()
            .map(|period| period.label.as_str())
            .collect();
        QueryError::bad(
            "period",
            format!("is none of the periods of {indicator}"),
            format!("write one of {}", known.join(", ")),
        )
    })?;
    let joined = join(snapshot, &table, period);
    let column = AnswerColumn {
        name: own_name(snapshot, "value"),
        title: table.title.clone(),
        unit: Some(table.unit.clone()),
        values: rows
            .iter()
            .map(|&row| Some(joined.values[row as usize]).filter(|value| value.is_finite()))
            .collect(),
    };
    Ok((column, joined.report, period.label.clone()))
}

/// A name for an added column that no field of the layer has.
pub(super) fn own_name(source: &dyn Source, name: &str) -> String {
    let mut own = name.to_owned();
    while source.fields().iter().any(|field| field.name == own) {
        own = format!("parat_{own}");
    }
    own
}
