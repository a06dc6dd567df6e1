//! `/indicators` and the values of one: joined at read time, with the join's own report beside them.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use serde_json::{Map, Value, json};

use super::{
    error::{self, Problem},
    extract::{Ask, layer},
    joined::joined,
    language, ops,
    params::Params,
    reply,
    select::period,
    site::Site,
};
use crate::{
    app::LiveLayers,
    indicator::{self, IndicatorTable},
    model::{IndicatorId, LayerId},
    snapshot::Snapshot,
    standard::Standards,
    store::StoredTable,
};

/// Classes of a choropleth.
const CLASSES: usize = 5;

/// The indicators with data.
pub(super) async fn indicators(
    State(site): State<Site>,
    parts: Parts,
) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::INDICATORS, parts)?;
    let live = site.app().live();
    let standards = site.app().standards();
    let all: Vec<Value> = live
        .tables
        .values()
        .map(|stored| describe(standards, &live, stored))
        .collect();
    Ok(reply::json(&ask, &json!({"indicators": all})))
}

fn describe(standards: &Standards, live: &LiveLayers, stored: &StoredTable) -> Value {
    let table = &stored.table;
    let rule = standards.indicator(&table.id);
    let labels: Vec<&str> = table
        .periods
        .iter()
        .map(|period| period.label.as_str())
        .collect();
    json!({
        "code": table.id,
        "title": table.title,
        "titles": rule.map(|rule| &rule.title),
        "unit": table.unit,
        "direction": table.direction,
        "target": rule.and_then(|rule| rule.target),
        "target_to": rule.and_then(|rule| rule.target_to),
        "formula": rule.map(|rule| &rule.formula),
        "rollup": table.rollup,
        "layer": layer_of(standards, table, live),
        "periods": labels,
        "sector": rule.map(|rule| &rule.sector),
        "table": {"version": stored.version, "hash": table.version, "file": stored.file, "at": stored.at},
        "values": format!("/indicators/{}", super::html::segment(table.id.as_str())),
    })
}

/// The layer that a table's keys name: what it says, or the wards.
pub(super) fn layer_of(
    standards: &Standards,
    table: &IndicatorTable,
    live: &LiveLayers,
) -> Option<LayerId> {
    table.layer.clone().or_else(|| {
        let wards = &standards.profile().wards;
        live.layers.contains_key(wards).then(|| wards.clone())
    })
}

/// The newest table of an indicator.
pub(super) fn table_of(live: &LiveLayers, code: &str) -> Result<Arc<StoredTable>, Problem> {
    let unknown = || {
        Problem::new(
            error::NOT_FOUND,
            "there is no such indicator; see /indicators",
        )
    };
    let code: IndicatorId = code.parse().ok().ok_or_else(unknown)?;
    live.tables.get(&code).cloned().ok_or_else(unknown)
}

fn snapshot_of(
    standards: &Standards,
    live: &LiveLayers,
    table: &IndicatorTable,
    params: &Params,
) -> Result<Arc<Snapshot>, Problem> {
    let id = match params.get("layer") {
        Some(name) => layer(name).map_err(|problem| problem.at("layer"))?,
        None => layer_of(standards, table, live).ok_or_else(|| {
            Problem::parameter("layer", "the table names no layer, so the request must")
        })?,
    };
    Ok(Arc::clone(live.snapshot(&id)?))
}

/// The values of an indicator for a period, by feature id.
pub(super) async fn values(
    State(site): State<Site>,
    Path(code): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let live = site.app().live();
    let stored = table_of(&live, &code)?;
    let ask = Ask::of(&ops::INDICATOR_, parts)?;
    let period = period(&stored, ask.params.get("period"))?;
    let snapshot = snapshot_of(site.app().standards(), &live, &stored.table, &ask.params)?;
    let mut value = describe(site.app().standards(), &live, &stored);
    let found = site
        .app()
        .compute(move |_| {
            let joined = joined(&snapshot, &stored, &period);
            let mut by_id = Map::new();
            for (row, &number) in joined.values.iter().enumerate() {
                let number = if number.is_finite() {
                    json!(number)
                } else {
                    Value::Null
                };
                by_id.insert(snapshot.id(row as u32).to_string(), number);
            }
            Ok(json!({
                "period": period.label,
                "from": crate::model::value::date_text(period.from),
                "to": crate::model::value::date_text(period.to),
                "layer": snapshot.info().id,
                "version": snapshot.info().version,
                "values": by_id,
                "breaks": {
                    "quantile": indicator::quantile(&joined.values, CLASSES),
                    "equal": indicator::equal(&joined.values, CLASSES),
                    "jenks": indicator::jenks(&joined.values, CLASSES),
                },
                "city_value": indicator::rollup(&stored.table, &period, snapshot.len() as u64),
                "join": joined.report,
            }))
        })
        .await?;
    for (name, member) in found.as_object().into_iter().flatten() {
        value[name] = member.clone();
    }
    for name in ["join", "city_value"] {
        language::tell_tables(&site, &ask.headers, &mut value[name]);
    }
    Ok(language::spoken(reply::json(&ask, &value)))
}

/// How well an indicator's table meets a collection.
pub(super) async fn join(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let live = site.app().live();
    let snapshot = live.snapshot(&layer(&id)?)?.clone();
    let ask = Ask::of(&ops::JOIN, parts)?;
    ask.params.need("indicator")?;
    let Some((stored, period)) = super::select::indicator(&ask.params, &live)? else {
        return Err(Problem::parameter("indicator", "it is needed here"));
    };
    let report = site
        .app()
        .compute(move |_| Ok(joined(&snapshot, &stored, &period).report.clone()))
        .await?;
    let mut value = json!(report);
    language::tell_tables(&site, &ask.headers, &mut value);
    Ok(language::spoken(reply::json(&ask, &value)))
}
