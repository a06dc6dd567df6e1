//! What items and tiles have in common: which features, which of their properties, which indicator.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{
    error::Problem,
    ops,
    params::{Params, datetime},
};
use crate::{
    app::LiveLayers,
    indicator::Period,
    model::IndicatorId,
    query::{Filter, PropertyEquals, Query},
    snapshot::{Snapshot, SnapshotInfo},
    store::StoredTable,
};

/// The property that a joined indicator becomes.
pub(super) const VALUE: &str = "value";

/// Names that a property filter cannot have, because they mean something else (Features core, 7.15.5).
const TAKEN: [&str; 18] = [
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
    "collections",
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
}

impl Selection {
    /// Reads it from the parameters.
    pub(super) fn of(
        params: &Params,
        snapshot: &Snapshot,
        live: &LiveLayers,
    ) -> Result<Self, Problem> {
        let info = snapshot.info();
        if let Some(text) = params.get("datetime") {
            // Our layers have no time of their own, and such features match every time.
            datetime(text)?;
        }
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
                filter: filter(params, "filter")?,
                offset: params.whole("offset")?.unwrap_or(0),
                limit: params.limit(ops::SOME_ITEMS, ops::MOST_ITEMS)? as u64,
            },
            fields,
            named,
            indicator: indicator(params, live)?,
        })
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
    let code: IndicatorId = code.parse().map_err(|error: crate::model::BadName| {
        Problem::parameter("indicator", error.to_string())
    })?;
    let stored = live.tables.get(&code).ok_or_else(|| {
        Problem::parameter(
            "indicator",
            format!("there is no table for `{code}`; see /indicators"),
        )
    })?;
    let period = period(stored, params.get("period"))?;
    Ok(Some((Arc::clone(stored), period)))
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
