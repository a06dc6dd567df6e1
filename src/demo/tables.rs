//! Ward indicators over five years, as offices send them: long with numerator and denominator, and wide.

use std::fmt::Write as _;

use super::{
    admin::{Admin, DELIM, Ward},
    dice::share,
};

/// The first calendar year of each financial year.
pub(super) const YEARS: [i64; 5] = [2020, 2021, 2022, 2023, 2024];

/// An indicator of the demo: where it stood in the first year and what a year adds, as shares.
pub(super) struct Ratio {
    /// Its code in the catalogue.
    pub(super) code: &'static str,
    from: f64,
    a_year: f64,
    spread: f64,
    /// Denominators for each person.
    per_person: f64,
    source: &'static str,
}

/// Those that come in long form.
pub(super) const RATIOS: [Ratio; 4] = [
    Ratio {
        code: "SLB-2.1.1",
        from: 0.62,
        a_year: 0.045,
        spread: 0.3,
        per_person: 0.233,
        source: "water-2025",
    },
    Ratio {
        code: "SLB-2.3.1",
        from: 0.71,
        a_year: 0.05,
        spread: 0.25,
        per_person: 0.26,
        source: "swm-2025",
    },
    Ratio {
        code: "LV-TAXCOL",
        from: 0.58,
        a_year: 0.03,
        spread: 0.35,
        per_person: 0.21,
        source: "tax-2025",
    },
    Ratio {
        code: "X-GRIEV",
        from: 0.55,
        a_year: 0.06,
        spread: 0.4,
        per_person: 0.031,
        source: "crm-2025",
    },
];

/// People of a ward in a year; the last census year is the base.
fn people(ward: &Ward, year: i64) -> i64 {
    let growth = 0.004 + 0.032 * share(&[110, ward.number as i64]);
    (ward.people as f64 * (growth * (year - 2022) as f64).exp()).round() as i64
}

/// The long form of one indicator. One ward did not report in one year and says so.
pub(super) fn long(admin: &Admin, ratio: &Ratio, kind: i64) -> String {
    let mut out = "indicator,geo_scheme,geo_code,delim_id,period_from,period_to,value,numer,denom,unit,obs_status,quality,origin,missing,source_id,note\n".to_owned();
    for (step, year) in YEARS.iter().enumerate() {
        for ward in &admin.wards {
            let head = format!(
                "{},city:ward_no,{},{DELIM},{year}-04-01,{}-03-31",
                ratio.code,
                ward.number,
                year + 1
            );
            let base = ratio.spread * (share(&[111 + kind, ward.number as i64]) - 0.5);
            let wobble = 0.03 * (share(&[121 + kind, ward.number as i64, *year]) - 0.5);
            let reached =
                (ratio.from + base + ratio.a_year * step as f64 + wobble).clamp(0.08, 0.995);
            let denom = ((people(ward, *year) as f64 * ratio.per_person).round() as i64).max(1);
            let numer = (denom as f64 * reached).round() as i64;
            if step == 1 && ward.number == 5 {
                let _ = writeln!(
                    out,
                    "{head},,,,%,final,,register,not_collected,{},office was moving",
                    ratio.source
                );
                continue;
            }
            let value = (1000.0 * numer as f64 / denom as f64).round() / 10.0;
            let status = if step == 4 { "provisional" } else { "final" };
            let _ = writeln!(
                out,
                "{head},{value},{numer},{denom},%,{status},accurate_measurement,register,,{},",
                ratio.source
            );
        }
    }
    out
}

/// A sheet with a column a year, keyed as people write wards; with a cantonment that is no ward, and
/// without the last ward, so that the join report has something to say.
pub(super) fn wide(admin: &Admin) -> String {
    let mut out = "Ward No,Ward Name".to_owned();
    for year in YEARS {
        let _ = write!(out, ",{year}-{:02}", (year + 1) % 100);
    }
    out.push('\n');
    for ward in admin.wards.iter().take(admin.wards.len().saturating_sub(1)) {
        let _ = write!(out, "Ward {:02},{}", ward.number, ward.name);
        for year in YEARS {
            let _ = write!(out, ",{}", people(ward, year));
        }
        out.push('\n');
    }
    let _ = writeln!(out, "CANT_1,Cantonment,11840,11902,11960,12011,12075");
    out
}
