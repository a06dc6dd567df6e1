//! Query parameters, strictly: what the API description does not list is refused, and so is what is
//! said twice.

use super::{
    error::{self, Problem},
    percent::{decode, encode},
};
use crate::model::Bbox;

/// The most parameters a request may carry; a form of ours has a dozen.
const MOST_PARAMETERS: usize = 64;

/// The longest query string, in bytes: a filter of 8 KB and some room.
const LONGEST_QUERY: usize = 16 * 1024;

/// The parameters of one request, decoded, each name once.
#[derive(Clone, Debug, Default)]
pub(super) struct Params(Vec<(String, String)>);

impl Params {
    /// Decodes a query string and refuses names that `allowed` does not know.
    pub(super) fn parse(
        query: Option<&str>,
        allowed: impl Fn(&str) -> bool,
    ) -> Result<Self, Problem> {
        let query = query.unwrap_or("");
        if query.len() > LONGEST_QUERY {
            return Err(Problem::new(
                error::TOO_LONG,
                format!(
                    "the query has {} bytes, {LONGEST_QUERY} are taken",
                    query.len()
                ),
            ));
        }
        let mut found: Vec<(String, String)> = vec![];
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let name = decode(name).ok_or_else(|| {
                Problem::new(error::BAD_PARAMETER, "a parameter's name is not UTF-8")
            })?;
            let value = decode(value).ok_or_else(|| {
                Problem::parameter(&shown(&name), "its value is not percent-encoded UTF-8")
            })?;
            if !allowed(&name) {
                let name = shown(&name);
                return Err(Problem::new(
                    error::UNKNOWN_PARAMETER,
                    format!("`{name}` is not a parameter of this path"),
                )
                .at(&name));
            }
            if found.iter().any(|(other, _)| *other == name) {
                return Err(Problem::parameter(&name, "it is given more than once"));
            }
            if found.len() == MOST_PARAMETERS {
                return Err(Problem::new(
                    error::BAD_PARAMETER,
                    "there are too many parameters",
                ));
            }
            found.push((name, value));
        }
        Ok(Self(found))
    }

    /// The value of a parameter; none where it is not given.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that must be there.
    pub(super) fn need(&self, name: &str) -> Result<&str, Problem> {
        self.get(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| Problem::parameter(name, "it is needed here"))
    }

    /// Every parameter, in the order given.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The parameters but for one.
    pub(super) fn without(&self, name: &str) -> Self {
        let others = self.0.iter().filter(|(other, _)| other != name);
        Self(others.cloned().collect())
    }

    /// The query string with one parameter put in the place of what it was, or taken out. Empty, or
    /// begins with `?`.
    pub(super) fn with(&self, name: &str, value: Option<&str>) -> String {
        let mut out = String::new();
        let others = self.iter().filter(|(other, _)| *other != name);
        for (name, value) in others.chain(value.map(|value| (name, value))) {
            out.push(if out.is_empty() { '?' } else { '&' });
            encode(name, &mut out);
            out.push('=');
            encode(value, &mut out);
        }
        out
    }

    /// The query string with every parameter as `change` would have it; what it gives nothing for is left
    /// out. Empty, or begins with `?`.
    pub(super) fn rewritten(&self, change: impl Fn(&str, &str) -> Option<String>) -> String {
        let mut out = String::new();
        for (name, value) in self.iter() {
            let Some(value) = change(name, value) else {
                continue;
            };
            out.push(if out.is_empty() { '?' } else { '&' });
            encode(name, &mut out);
            out.push('=');
            encode(&value, &mut out);
        }
        out
    }

    /// `limit`: at least 1; more than `most` is served as `most`.
    pub(super) fn limit(&self, default: usize, most: usize) -> Result<usize, Problem> {
        Ok(match self.whole("limit")? {
            None => default,
            Some(0) => return Err(Problem::parameter("limit", "it must be at least 1")),
            Some(limit) => usize::try_from(limit).unwrap_or(most).min(most),
        })
    }

    /// A whole number from 0; digits beyond what 64 bits hold saturate, since every such number is
    /// bounded anyway.
    pub(super) fn whole(&self, name: &str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let digits = text.strip_prefix('+').unwrap_or(text);
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(Problem::parameter(
                name,
                "it must be a whole number, not negative",
            ));
        }
        Ok(Some(digits.parse().unwrap_or(u64::MAX)))
    }

    /// A box of four or six numbers in longitude/latitude. West beyond east means across the 180th meridian.
    pub(super) fn bbox(&self, name: &str) -> Result<Option<Bbox>, Problem> {
        self.get(name).map(|text| bbox(name, text)).transpose()
    }

    /// The names of a comma-separated list.
    pub(super) fn names(&self, name: &str) -> Option<Vec<&str>> {
        self.get(name)
            .map(|text| text.split(',').filter(|part| !part.is_empty()).collect())
    }
}

fn bbox(name: &str, text: &str) -> Result<Bbox, Problem> {
    let wrong = |detail: &str| Problem::parameter(name, detail);
    let mut numbers = vec![];
    for part in text.split(',') {
        if numbers.len() == 6 {
            return Err(wrong("it must have four or six numbers"));
        }
        numbers.push(number(part).ok_or_else(|| wrong("it must be numbers with commas between"))?);
    }
    let [west, south, east, north] = match numbers[..] {
        [west, south, east, north] => [west, south, east, north],
        [west, south, low, east, north, high] if low <= high => [west, south, east, north],
        [_, _, _, _, _, _] => return Err(wrong("its lower height is above its upper height")),
        _ => return Err(wrong("it must have four or six numbers")),
    };
    if south > north {
        return Err(wrong("its south is north of its north"));
    }
    if !(-90.0..=90.0).contains(&south) || !(-90.0..=90.0).contains(&north) {
        return Err(wrong("latitudes run from -90 to 90"));
    }
    if !(-180.0..=180.0).contains(&west) || !(-180.0..=180.0).contains(&east) {
        return Err(wrong("longitudes run from -180 to 180"));
    }
    Ok([west, south, east, north].into())
}

/// A finite number as JSON or a form writes it; a leading `+` is fine, `NaN` and `inf` are not.
pub(super) fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    let plain = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    text.parse::<f64>()
        .ok()
        .filter(|number| plain && number.is_finite())
}

/// A name as it may be shown back: bounded, printable.
fn shown(name: &str) -> String {
    name.chars()
        .filter(|letter| !letter.is_control())
        .take(60)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<Params, Problem> {
        Params::parse(Some(query), |name| {
            ["limit", "bbox", "name"].contains(&name)
        })
    }

    #[test]
    fn unknown_repeated_and_broken_parameters_are_refused() {
        for bad in [
            "x=1",
            "limit=1&limit=1",
            "name=%ff",
            "name=%4",
            "Limit=1",
            "name=%00",
            "%ff=1",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
        let params = parse("limit=5&&name=a+b%2Bc%E0%A4%B5").expect("good");
        assert_eq!(params.get("name"), Some("a b+cव"));
        assert_eq!(
            params.with("limit", Some("7")),
            "?name=a%20b%2Bc%E0%A4%B5&limit=7"
        );
        assert_eq!(parse("").expect("good").with("limit", None), "");
    }

    #[test]
    fn a_limit_is_clamped_above_and_refused_below() {
        let limit =
            |text: &str| parse(&format!("limit={text}")).and_then(|params| params.limit(10, 100));
        for (text, wanted) in [
            ("1", 1),
            ("%2B7", 7),
            ("101", 100),
            ("99999999999999999999999", 100),
        ] {
            assert_eq!(limit(text).expect("good"), wanted);
        }
        for bad in ["0", "-1", "1.5", "", "x", "1e2"] {
            assert!(limit(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_box_has_four_or_six_finite_numbers_and_may_cross_the_meridian() {
        let bbox =
            |text: &str| parse(&format!("bbox={text}")).and_then(|params| params.bbox("bbox"));
        for (text, wanted) in [
            (
                "80.200000000000003,1e1,%2B81,1.3E1",
                [80.2, 10.0, 81.0, 13.0],
            ),
            ("170,-10,-170,10", [170.0, -10.0, -170.0, 10.0]),
            ("1,2,0,3,4,9", [1.0, 2.0, 3.0, 4.0]),
        ] {
            assert_eq!(
                bbox(text).expect("good"),
                Some(Bbox::from(wanted)),
                "{text}"
            );
        }
        for bad in [
            "",
            "1,2,3",
            "1,2,3,4,5",
            "1,2,3,4,5,6,7",
            "0,10,5,5",
            "NaN,0,1,1",
            "inf,0,1,1",
            "0,0,1,91",
            "-181,0,1,1",
            "a,b,c,d",
            "1,2,9,3,4,0",
        ] {
            assert!(bbox(bad).is_err(), "{bad}");
        }
    }
}
