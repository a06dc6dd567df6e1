//! What items and tiles have in common: which features, which of their properties, which indicator.
//!
//! `datetime` asks for the features whose validity meets it. Layers say when a feature is valid with the
//! fields `valid_from` and `valid_to`, both days included; a feature, or a layer, that does not say is
//! valid always.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{
    datetime::{Span, datetime},
    error::{self, Problem},
    ops,
    params::Params,
};
use crate::{
    app::LiveLayers,
    indicator::{IndicatorTable, Period},
    model::{FieldType, IndicatorId, LayerId, value::date_text},
    query::{Filter, PropertyEquals, Query},
    snapshot::{Snapshot, SnapshotInfo},
    store::StoredTable,
};

/// The property that a joined indicator becomes.
pub(super) const VALUE: &str = "value";

/// 0001-01-01, in milliseconds since the epoch.
const FIRST_YEAR: i64 = -62_135_596_800_000;
/// 9999-12-30, in milliseconds since the epoch: the last that every time zone can show.
const LAST_YEAR: i64 = 253_402_128_000_000;

/// Names that a property filter cannot have, because they mean something else (Features core, 7.15.5).
const TAKEN: [&str; 20] = [
    "limit",
    "bbox",
    "datetime",
    "crs",
    "bbox-crs",
    "filter",
    "filter-lang",
    "filter-crs",
    "sortby",
    "properties",
    "skipGeometry",
    "f",
    "offset",
    "profile",
    "indicator",
    "period",
    "labels",
    "collections",
    "as-of",
    "q",
];

/// True when a field may be a parameter of its own.
pub(super) fn is_queryable(info: &SnapshotInfo, name: &str) -> bool {
    !TAKEN.contains(&name) && info.fields.iter().any(|field| field.name == name)
}

/// What a request chose.
pub(super) struct Selection {
    /// Conditions.
    pub query: Query,
    /// The fields to give, by position.
    pub fields: Vec<usize>,
    /// True when `properties` named them.
    pub named: bool,
    /// The joined table and its period.
    pub indicator: Option<(Arc<StoredTable>, Period)>,
    /// False where tiles have label points and the request does not want them.
    pub labels: bool,
}

/// False where `labels` says so of a layer that has some.
fn labels(params: &Params, info: &SnapshotInfo) -> Result<bool, Problem> {
    match params.get("labels") {
        None | Some("true") => Ok(true),
        Some("false") => Ok(info.dimension == 0),
        Some(_) => Err(Problem::parameter("labels", "write `true` or `false`")),
    }
}

impl Selection {
    /// Reads it from the parameters.
    pub(super) fn of(
        params: &Params,
        snapshot: &Snapshot,
        live: &LiveLayers,
    ) -> Result<Self, Problem> {
        let info = snapshot.info();
        let where_ = params
            .iter()
            .filter(|(name, _)| is_queryable(info, name))
            .map(|(name, value)| PropertyEquals {
                field: name.to_owned(),
                value: value.to_owned(),
            })
            .collect();
        let (fields, named) = fields(params, info)?;
        Ok(Self {
            query: Query {
                bbox: params.bbox("bbox")?,
                where_,
                filter: both(filter(params, "filter")?, during(params, info)?),
                offset: params.whole("offset")?.unwrap_or(0),
                limit: params.limit(ops::SOME_ITEMS, ops::MOST_ITEMS)? as u64,
            },
            fields,
            named,
            indicator: indicator(params, live)?,
            labels: labels(params, info)?,
        })
    }

    /// Everything of a layer.
    pub(super) fn whole(info: &SnapshotInfo) -> Self {
        Self {
            query: Query {
                limit: u64::MAX,
                ..Query::default()
            },
            fields: (0..info.fields.len()).collect(),
            named: false,
            indicator: None,
            labels: true,
        }
    }

    /// What a request chose of each of several layers. A filter must fit all of them; each gives those of
    /// the asked properties that it has; an indicator goes to the layer `joined`.
    pub(super) fn of_each(
        params: &Params,
        snapshots: &[Arc<Snapshot>],
        live: &LiveLayers,
        joined: impl Fn(&StoredTable) -> Option<LayerId>,
    ) -> Result<Vec<Self>, Problem> {
        let asked = filter(params, "filter")?;
        let names = params.names("properties");
        let has = |snapshot: &Snapshot, name: &str| snapshot.field(name).is_some();
        if let Some(strange) = names
            .iter()
            .flatten()
            .find(|name| !snapshots.iter().any(|snapshot| has(snapshot, name)))
        {
            let strange: String = strange.chars().take(60).collect();
            return Err(Problem::parameter(
                "properties",
                format!("none of the collections has a property `{strange}`"),
            ));
        }
        let indicator = indicator(params, live)?;
        let target = match &indicator {
            None => None,
            Some((stored, _)) => Some(
                joined(stored)
                    .filter(|id| snapshots.iter().any(|snapshot| snapshot.info().id == *id))
                    .ok_or_else(|| {
                        Problem::parameter(
                            "indicator",
                            "none of the collections is the one its table is about",
                        )
                    })?,
            ),
        };
        let mut all = vec![];
        for snapshot in snapshots {
            let info = snapshot.info();
            if let Some(filter) = &asked {
                filter.bind(&info.fields).map_err(|error| {
                    Problem::parameter(
                        "filter",
                        format!(
                            "of `{}`: {error}; `collections` can name those the filter is for",
                            info.id
                        ),
                    )
                })?;
            }
            let fields = (0..info.fields.len())
                .filter(|&at| {
                    names
                        .as_ref()
                        .is_none_or(|names| names.contains(&info.fields[at].name.as_str()))
                })
                .collect();
            all.push(Self {
                query: Query {
                    filter: both(asked.clone(), during(params, info)?),
                    limit: u64::MAX,
                    ..Query::default()
                },
                fields,
                named: names.is_some(),
                indicator: indicator
                    .clone()
                    .filter(|_| target.as_ref() == Some(&info.id)),
                labels: labels(params, info)?,
            });
        }
        Ok(all)
    }

    /// True when every feature is wanted.
    pub(super) fn takes_all(&self) -> bool {
        self.query.bbox.is_none() && self.query.where_.is_empty() && self.query.filter.is_none()
    }

    /// What of it is not in the address: the versions of the joined table, for tags.
    pub(super) fn table_version(&self) -> String {
        self.indicator
            .as_ref()
            .map_or_else(String::new, |(stored, period)| {
                format!("{}/{}", stored.table.version, period.label)
            })
    }
}

fn both(one: Option<Filter>, other: Option<Filter>) -> Option<Filter> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.and(other)),
        (one, other) => one.or(other),
    }
}

/// The features whose validity meets `datetime`; none where it takes nothing away.
fn during(params: &Params, info: &SnapshotInfo) -> Result<Option<Filter>, Problem> {
    let Some(text) = params.get("datetime") else {
        return Ok(None);
    };
    let span = datetime(text)?;
    Ok(validity(span, info))
}

fn validity(span: Span, info: &SnapshotInfo) -> Option<Filter> {
    let condition = |name: &str, sign: &str, moment: Option<i64>| {
        // Years of four digits, as CQL2 writes them.
        let moment = moment?.clamp(FIRST_YEAR, LAST_YEAR);
        let field = info.fields.iter().find(|field| field.name == name)?;
        let moment = match field.kind {
            FieldType::Date => {
                format!(
                    "DATE('{}')",
                    date_text(moment.div_euclid(86_400_000) as i32)
                )
            }
            FieldType::DateTime => {
                let moment = jiff::Timestamp::from_millisecond(moment).ok()?;
                format!("TIMESTAMP('{moment}')")
            }
            _ => return None,
        };
        let text = format!("({name} IS NULL OR {name} {sign} {moment})");
        Some(Filter::parse_text(&text).expect("a date of four digits compares with a date"))
    };
    both(
        condition("valid_from", "<=", span.to),
        condition("valid_to", ">=", span.from),
    )
}

fn fields(params: &Params, info: &SnapshotInfo) -> Result<(Vec<usize>, bool), Problem> {
    let Some(names) = params.names("properties") else {
        return Ok(((0..info.fields.len()).collect(), false));
    };
    let mut found = vec![];
    for name in names {
        let at = info
            .fields
            .iter()
            .position(|field| field.name == name)
            .ok_or_else(|| {
                let known: Vec<_> = info
                    .fields
                    .iter()
                    .map(|field| field.name.as_str())
                    .collect();
                Problem::parameter(
                    "properties",
                    format!("the properties are {}", known.join(", ")),
                )
            })?;
        if !found.contains(&at) {
            found.push(at);
        }
    }
    Ok((found, true))
}

/// A CQL2 filter, in the language that `filter-lang` names.
pub(super) fn filter(params: &Params, name: &str) -> Result<Option<Filter>, Problem> {
    if let Some(crs) = params.get("filter-crs")
        && crs != super::collections::CRS84
    {
        return Err(Problem::parameter("filter-crs", "only CRS84 is known here"));
    }
    let language = params.get("filter-lang").unwrap_or("cql2-text");
    if !["cql2-text", "cql2-json"].contains(&language) {
        return Err(Problem::parameter(
            "filter-lang",
            "it is cql2-text or cql2-json",
        ));
    }
    let Some(text) = params.get(name) else {
        return Ok(None);
    };
    let parsed = if language == "cql2-json" {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| Problem::parameter(name, format!("it is not JSON: {error}")))?;
        Filter::parse_json(&json)
    } else {
        Filter::parse_text(text)
    };
    parsed
        .map(Some)
        .map_err(|error| Problem::parameter(name, error.to_string()))
}

/// The table and the period that `indicator` and `period` name; the latest period when none is named.
pub(super) fn indicator(
    params: &Params,
    live: &LiveLayers,
) -> Result<Option<(Arc<StoredTable>, Period)>, Problem> {
    let Some(code) = params.get("indicator") else {
        return match params.get("period") {
            Some(_) => Err(Problem::parameter(
                "period",
                "a period needs an `indicator`",
            )),
            None => Ok(None),
        };
    };
    let (code, version) = pinned(code);
    let code: IndicatorId = code.parse().map_err(|error: crate::model::BadName| {
        Problem::parameter("indicator", error.to_string())
    })?;
    let stored = live.tables.get(&code).ok_or_else(|| {
        Problem::parameter(
            "indicator",
            format!("there is no table for `{code}`; see /indicators"),
        )
    })?;
    if version.is_some_and(|version| version != stored.table.version) {
        return Err(Problem::new(
            error::NOT_FOUND,
            format!("that version of the table of `{code}` is no longer served"),
        )
        .at("indicator"));
    }
    let period = period(stored, params.get("period"))?;
    Ok(Some((Arc::clone(stored), period)))
}

/// A name with the version it is pinned to, `name@version`.
pub(super) fn pinned(text: &str) -> (&str, Option<&str>) {
    text.split_once('@')
        .map_or((text, None), |(name, version)| (name, Some(version)))
}

/// The name of a table's indicator, pinned to the table's version.
pub(super) fn pin(table: &IndicatorTable) -> String {
    format!("{}@{}", table.id, table.version)
}

/// A period of a table by its label; the latest when none is named.
pub(super) fn period(stored: &StoredTable, label: Option<&str>) -> Result<Period, Problem> {
    let periods = &stored.table.periods;
    match label {
        Some(label) => periods.iter().find(|period| period.label == label),
        None => periods.last(),
    }
    .cloned()
    .ok_or_else(|| {
        let known: Vec<_> = periods.iter().map(|period| period.label.as_str()).collect();
        Problem::parameter("period", format!("the periods are {}", known.join(", ")))
    })
}
