//! What a join needs of a layer: its keys and names as text, and where each stands.

use std::collections::{HashMap, HashSet};

use crate::{indicator::key, model::Value, snapshot::Snapshot};

/// What a join needs of a layer: its possible key columns as text, by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerKeys {
    /// The layer.
    pub layer: String,
    /// Its version.
    pub version: u32,
    /// The set of wards it holds, where it says.
    pub delim: Option<String>,
    /// The feature ids.
    pub ids: Vec<u64>,
    /// Columns that may hold the keys, the better known first: name, and a text a row.
    pub candidates: Vec<(String, Vec<Option<String>>)>,
    /// Columns that may hold names.
    pub names: Vec<Vec<Option<String>>>,
}

impl LayerKeys {
    /// The candidates of a snapshot for a key scheme.
    pub fn of(snapshot: &Snapshot, scheme: &str) -> Self {
        let info = snapshot.info();
        let headers: Vec<&str> = info
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        let rows = 0..snapshot.len() as u32;
        let column = |field: usize| -> Vec<Option<String>> {
            rows.clone()
                .map(|row| match snapshot.value(row, field) {
                    Value::Null => None,
                    value => Some(value.to_text().into_owned()),
                })
                .collect()
        };
        let mut found = key::columns(scheme, &headers);
        if found.is_empty() && scheme != key::NAME {
            // A layer that is not of wards: its own business key, where it is one field.
            if let [own] = info.key.as_slice() {
                found.extend(headers.iter().position(|header| header == own));
            }
        }
        let from_field = headers
            .iter()
            .position(|header| key::plain(header) == "delimid")
            .and_then(|field| {
                let all: HashSet<String> = column(field).into_iter().flatten().collect();
                (all.len() == 1).then(|| all.into_iter().next()).flatten()
            });
        Self {
            layer: info.id.to_string(),
            version: info.version.0,
            delim: from_field.or_else(|| info.metadata.text("delim_id").map(str::to_owned)),
            ids: rows.clone().map(|row| snapshot.id(row).0).collect(),
            candidates: found
                .into_iter()
                .map(|field| (headers[field].to_owned(), column(field)))
                .collect(),
            names: key::name_columns(&headers)
                .into_iter()
                .map(column)
                .collect(),
        }
    }
}

/// Keys of one column to rows.
pub(super) struct Index<'a> {
    pub(super) exact: HashMap<&'a str, Vec<u32>>,
    pub(super) normal: HashMap<String, Vec<u32>>,
}

impl<'a> Index<'a> {
    pub(super) fn of(scheme: &str, column: &'a [Option<String>]) -> Self {
        let mut found = Self {
            exact: HashMap::new(),
            normal: HashMap::new(),
        };
        for (row, text) in column.iter().enumerate() {
            let Some(text) = text
                .as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty())
            else {
                continue;
            };
            found.exact.entry(text).or_default().push(row as u32);
            found
                .normal
                .entry(key::meeting(scheme, text))
                .or_default()
                .push(row as u32);
        }
        found
    }
}
