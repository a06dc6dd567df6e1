//! Which column of a sheet holds the keys, which the names beside them.

use super::{Reading, TableError};
use crate::indicator::key;

impl Reading<'_> {
    pub(super) fn at(&self, plain: &str) -> Option<usize> {
        self.headers.iter().position(|header| header == plain)
    }

    pub(super) fn columns(&self) -> String {
        let mut shown: Vec<_> = self.sheet.columns.iter().take(30).cloned().collect();
        if self.sheet.columns.len() > shown.len() {
            shown.push("…".to_owned());
        }
        shown.join(", ")
    }

    pub(super) fn named(&self, name: &str) -> Result<usize, TableError> {
        self.sheet
            .columns
            .iter()
            .position(|header| header == name)
            .or_else(|| self.at(&key::plain(name)))
            .ok_or_else(|| TableError::NoColumn {
                name: name.to_owned(),
                columns: self.columns(),
            })
    }

    /// The column of the keys and their scheme: as given, else the directory's code, else the number, else
    /// the name.
    pub(super) fn key(&self) -> Result<(usize, String), TableError> {
        let given = self.options.scheme.clone();
        let headers: Vec<&str> = self.sheet.columns.iter().map(String::as_str).collect();
        if let Some(name) = &self.options.key {
            let at = self.named(name)?;
            let scheme = given.unwrap_or_else(|| {
                [key::LGD, key::WARD_NO, key::NAME]
                    .into_iter()
                    .find(|scheme| key::columns(scheme, &headers).contains(&at))
                    .map_or_else(
                        || format!("{}{}", key::FIELD, self.sheet.columns[at]),
                        str::to_owned,
                    )
            });
            return Ok((at, scheme));
        }
        if let Some(at) = self.at("geocode") {
            let scheme = self
                .at("geoscheme")
                .and_then(|scheme| self.sheet.rows.first().map(|row| row[scheme].clone()))
                .filter(|scheme| !scheme.is_empty());
            return Ok((
                at,
                given.or(scheme).unwrap_or_else(|| key::WARD_NO.to_owned()),
            ));
        }
        let schemes = match &given {
            Some(scheme) => vec![scheme.as_str()],
            None => vec![key::LGD, key::WARD_NO, key::NAME],
        };
        for scheme in schemes {
            // A column that is empty throughout keys nothing, and a column of names is no column of numbers.
            let usable = key::columns(scheme, &headers).into_iter().find(|&at| {
                let filled = self.sheet.rows.iter().filter(|row| !row[at].is_empty());
                let named = filled.clone().filter(|row| key::is_name(&row[at])).count();
                let filled = filled.count();
                filled > 0 && (scheme != key::WARD_NO || named * 2 <= filled)
            });
            if let Some(at) = usable {
                return Ok((at, scheme.to_owned()));
            }
        }
        Err(TableError::NoKey {
            columns: self.columns(),
        })
    }

    /// The column of names beside the keys: the first whose cells are mostly names, not numbers.
    pub(super) fn names(&self, key_at: usize) -> Option<usize> {
        let headers: Vec<&str> = self.sheet.columns.iter().map(String::as_str).collect();
        key::name_columns(&headers).into_iter().find(|&at| {
            let named = self
                .sheet
                .rows
                .iter()
                .filter(|row| key::is_name(&row[at]))
                .count();
            at != key_at && named * 2 > self.sheet.rows.len()
        })
    }
}
