//! One self-contained page for all layers of a delivery: no script, no request to anyone, good on paper.

use std::fmt::Write as _;

use super::{
    Speech, map, name_of, notes, offers,
    prose::{escape, prose},
    severity_words,
};
use crate::{
    model::{Verdict, say},
    standard::Standards,
    validate::{Finding, Outcome, Report, RuleReport},
};

/// How many findings of a rule stand in the page's table and on its map.
const SHOWN: usize = 300;

const STYLE: &str = "
:root{color-scheme:light dark;--line:#9aa4ad;--ink:#1b2730;--paper:#fff;--soft:#eef1f4;--error:#b3261e;--warning:#9a6700;--note:#0b5cad;--good:#1a7f37}
@media (prefers-color-scheme:dark){:root{--ink:#e6edf3;--paper:#12181f;--soft:#1f2933;--error:#ff8a80;--warning:#e3b341;--note:#79b8ff;--good:#56d364}}
*{box-sizing:border-box}body{margin:0 auto;padding:1rem;max-width:72rem;font:16px/1.5 system-ui,'Noto Sans',sans-serif;color:var(--ink);background:var(--paper);overflow-wrap:break-word}
h1{font-size:1.5rem;margin:.2rem 0}h2{font-size:1.2rem;margin:2rem 0 .4rem}h3{font-size:1rem;margin:1.4rem 0 .2rem}
.verdict{display:inline-block;padding:.1rem .7rem;border-radius:1rem;border:2px solid;font-weight:600}
.error,.block,.does_not_conform{color:var(--error)}.warning,.not_judged,.conforms_with_warnings{color:var(--warning)}.note{color:var(--note)}.conforms{color:var(--good)}
ol.todo li{margin:.3rem 0}.map{width:100%;max-height:32rem;background:var(--soft);border-radius:.4rem}
.outline path{fill:none;stroke:var(--line);stroke-width:1;stroke-linecap:round}
.marks circle{fill:currentColor;fill-opacity:.55;stroke:currentColor}.marks a:target circle,.marks a:hover circle,.marks a:focus circle{r:11;fill-opacity:1}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.92rem}th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid var(--soft)}
tr:target{background:var(--soft)}dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}dt{font-weight:600}dd{margin:0;overflow-wrap:anywhere}
.why{margin:.2rem 0}.sum{font-weight:600}td ul{margin:.2rem 0;padding-left:1.1rem;opacity:.75}td:last-child code{white-space:nowrap}th::first-letter{text-transform:uppercase}a{color:var(--note)}code{overflow-wrap:anywhere}code.option{white-space:nowrap}
@media (max-width:40rem){table.rows,.rows tbody,.rows tr,.rows td{display:block}.rows thead,.rows td:empty{display:none}.rows td{border:0;padding:.1rem 0}.rows tr{border-bottom:1px solid var(--soft);padding:.4rem 0}.rows td[data-name]::before{content:attr(data-name) \": \";font-weight:600}}";

fn verdict_class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Conforms => "conforms",
        Verdict::ConformsWithWarnings => "conforms_with_warnings",
        Verdict::NotJudged => "not_judged",
        Verdict::DoesNotConform => "does_not_conform",
    }
}

/// One self-contained page for all layers of a delivery.
pub fn html(reports: &[Report], standards: &Standards, language: &str) -> String {
    html_with(reports, standards, language, None)
}

/// The same with links to the rows that were set aside, where somebody serves them at `set_aside`.
pub fn html_with(
    reports: &[Report],
    standards: &Standards,
    language: &str,
    set_aside: Option<&str>,
) -> String {
    let mut out = String::new();
    let speech = Speech {
        standards,
        language,
    };
    let title = match reports {
        [one] => format!("{}: {}", one.source.file, speech.verdict(one.verdict)),
        many => speech.say(&say!(report_layers, count = many.len())),
    };
    let _ = write!(
        out,
        "<!doctype html><html lang=\"{}\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\
         <title>{}</title><style>{STYLE}</style></head><body><main>",
        escape(language),
        escape(&title)
    );
    if reports.len() > 1 {
        let _ = write!(
            out,
            "<h1>{}</h1><ul>",
            escape(speech.word("report_delivery"))
        );
        for (at, report) in reports.iter().enumerate() {
            let _ = write!(
                out,
                "<li><a href=\"#r{at}\">{}</a> <span class=\"{}\">{}</span></li>",
                escape(&name_of(report)),
                verdict_class(report.verdict),
                escape(speech.verdict(report.verdict))
            );
        }
        out.push_str("</ul>");
    }
    for (at, report) in reports.iter().enumerate() {
        let several = (reports.len() > 1).then(|| format!("layer={}&", report.layer));
        let aside = set_aside.map(|to| format!("{to}?{}f=", several.unwrap_or_default()));
        layer(
            at,
            &report.in_language(standards.messages(), language),
            speech,
            aside.as_deref(),
            &mut out,
        );
    }
    out.push_str("</main></body></html>\n");
    out
}

fn layer(
    number: usize,
    report: &Report,
    speech: Speech<'_>,
    aside: Option<&str>,
    out: &mut String,
) {
    let Speech {
        standards,
        language,
    } = speech;
    let word = |id| escape(speech.word(id));
    let _ = write!(
        out,
        "<section id=\"r{number}\"><h1>{}</h1><p><span class=\"verdict {}\">{}</span></p><p>{}</p>",
        escape(&name_of(report)),
        verdict_class(report.verdict),
        escape(speech.verdict(report.verdict)),
        prose(&report.summary)
    );
    if !report.todo.is_empty() {
        let _ = write!(out, "<h2>{}</h2><ol class=\"todo\">", word("report_first"));
        for todo in &report.todo {
            let _ = write!(out, "<li>{}</li>", prose(todo));
        }
        out.push_str("</ol>");
    }
    let _ = write!(
        out,
        "<p class=\"sum\">{}: {}</p>",
        word("report_rows"),
        escape(&offers::sum(&report.counts, speech))
    );
    let marks = marks(number, report);
    map::svg(report, &marks, out);
    offered(report, speech, out);
    if !report.failed().is_empty() {
        let _ = write!(out, "<h2>{}</h2>", word("report_found"));
    }
    for (rule, count, findings) in report.failed() {
        let words = standards.rule_words(&rule.code);
        let title = words.map_or_else(|| rule.name.clone(), |words| words.fault.heading(language));
        let _ = write!(
            out,
            "<h3><span class=\"{}\">{}</span> {} {} ({count})</h3>",
            severity_words(rule.severity),
            escape(speech.severity(rule.severity)),
            rule.code,
            escape(&title)
        );
        if let Some(words) = words {
            let _ = write!(
                out,
                "<p class=\"why\">{}</p><p class=\"why\"><b>{}:</b> {}</p>",
                prose(words.why.say(language)),
                word("report_how_to_mend"),
                prose(words.fix.say(language))
            );
        }
        table(number, rule, findings, &marks, speech, out);
        let shown = findings.len().min(SHOWN) as u64;
        if count > shown {
            let more = say!(report_more, shown = shown, count = count);
            let _ = write!(out, "<p>{}</p>", escape(&speech.say(&more)));
        }
    }
    changed(report, speech, aside, out);
    facts(report, speech, out);
    rules(report, speech, out);
    out.push_str("</section>");
}

/// The findings of a rule; a column that none of them fills is not there.
fn table(
    number: usize,
    rule: &RuleReport,
    findings: &[Finding],
    marks: &[map::Mark],
    speech: Speech<'_>,
    out: &mut String,
) {
    let shown = &findings[..findings.len().min(SHOWN)];
    let cells = |at: usize, finding: &Finding| {
        let place = &finding.place;
        let anchor = format!("r{number}-{}-{at}", rule.code);
        let on_map = || {
            let marked = marks.iter().any(|mark| mark.anchor == anchor);
            marked.then(|| escape(speech.word("report_on_map")))
        };
        let spot = place.at.map(|[lon, lat]| format!("{lon:.5}, {lat:.5}"));
        let spot = spot
            .or_else(on_map)
            .map(|text| format!("<a href=\"#m-{anchor}\">{text}</a>"));
        [
            place.row.map(|row| row.to_string()).unwrap_or_default(),
            escape(place.key.as_deref().unwrap_or_default()),
            escape(place.field.as_deref().unwrap_or_default()),
            prose(&finding.message),
            prose(finding.remedy.as_deref().unwrap_or_default()),
            spot.unwrap_or_default(),
        ]
    };
    let rows: Vec<[String; 6]> = shown
        .iter()
        .enumerate()
        .map(|(at, finding)| cells(at, finding))
        .collect();
    let names = [
        "report_row",
        "report_key",
        "report_column",
        "report_what",
        "report_to_do",
        "report_place",
    ];
    let names = names.map(|id| speech.word(id));
    let is_filled = |column: usize| rows.iter().any(|row| !row[column].is_empty());
    out.push_str("<div class=\"scroll\"><table class=\"rows\"><thead><tr>");
    for (column, name) in names.iter().enumerate() {
        if is_filled(column) {
            let _ = write!(out, "<th>{}</th>", escape(name));
        }
    }
    out.push_str("</tr></thead><tbody>");
    for (at, row) in rows.iter().enumerate() {
        let _ = write!(out, "<tr id=\"r{number}-{}-{at}\">", rule.code);
        for (column, cell) in row
            .iter()
            .enumerate()
            .filter(|(column, _)| is_filled(*column))
        {
            // On a narrow screen cells stand one below the other; what the sentence says needs no name.
            let name = match column {
                3 => String::new(),
                _ => format!(" data-name=\"{}\"", escape(names[column])),
            };
            let _ = write!(out, "<td{name}>{cell}</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
}

/// The head of a table, its columns named by words of `layers/messages.toml`.
fn head(columns: &[&str], speech: Speech<'_>, out: &mut String) {
    out.push_str("<div class=\"scroll\"><table class=\"rows\"><thead><tr>");
    for id in columns {
        let name = if id.is_empty() { "" } else { speech.word(id) };
        let _ = write!(out, "<th>{}</th>", escape(name));
    }
    out.push_str("</tr></thead><tbody>");
}

/// What can be asked for, each with the option that takes it.
fn offered(report: &Report, speech: Speech<'_>, out: &mut String) {
    let offers = offers::all(report, speech);
    if offers.is_empty() {
        return;
    }
    let _ = write!(
        out,
        "<h2>{}</h2><p>{}</p>",
        escape(speech.word("report_offered")),
        escape(speech.word("report_offered_note"))
    );
    head(
        &["", "report_what", "report_why", "report_option"],
        speech,
        out,
    );
    for offer in offers {
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}",
            escape(offer.about),
            prose(&offer.what)
        );
        if !offer.examples.is_empty() {
            out.push_str("<ul>");
            for example in &offer.examples {
                let _ = write!(out, "<li>{}</li>", prose(example));
            }
            out.push_str("</ul>");
        }
        let _ = write!(
            out,
            "</td><td>{}</td><td><code>{}</code></td></tr>",
            prose(&offer.why),
            escape(&offer.option)
        );
    }
    out.push_str("</tbody></table></div>");
}

/// The rows that were set aside and the repairs that were made.
fn changed(report: &Report, speech: Speech<'_>, aside: Option<&str>, out: &mut String) {
    if !report.set_aside.is_empty() {
        let _ = write!(
            out,
            "<h2>{} ({})</h2>",
            escape(speech.word("report_set_aside")),
            report.counts.set_aside
        );
        if let Some(to) = aside {
            let to = escape(to);
            let _ = write!(
                out,
                "<p>{}: <a href=\"{to}geojson\">GeoJSON</a>, <a href=\"{to}csv\">CSV</a></p>",
                escape(speech.word("report_set_aside_files"))
            );
        }
        head(
            &["report_row", "report_key", "report_what", "report_rules"],
            speech,
            out,
        );
        for row in report.set_aside.iter().take(SHOWN) {
            let cells = [
                row.place.row.map(|row| row.to_string()).unwrap_or_default(),
                row.place.key.clone().unwrap_or_default(),
                row.message.clone(),
                row.rules.join(" "),
            ];
            cells_of(&cells, out);
        }
        out.push_str("</tbody></table></div>");
    }
    if !report.repairs.is_empty() {
        let kinds = say!(report_repaired_undo, kinds = super::text::repaired(report));
        let _ = write!(
            out,
            "<h2>{}</h2><p>{}</p>",
            escape(speech.word("report_repaired")),
            escape(&speech.say(&kinds))
        );
        let columns = [
            "report_row",
            "report_key",
            "report_column",
            "report_repair",
            "report_before",
            "report_after",
        ];
        head(&columns, speech, out);
        for repair in report.repairs.iter().take(SHOWN) {
            let cells = [
                repair
                    .place
                    .row
                    .map(|row| row.to_string())
                    .unwrap_or_default(),
                repair.place.key.clone().unwrap_or_default(),
                repair.place.field.clone().unwrap_or_default(),
                repair.kind.clone(),
                repair.before.clone(),
                repair.after.clone(),
            ];
            cells_of(&cells, out);
        }
        out.push_str("</tbody></table></div>");
    }
}

fn cells_of(cells: &[String], out: &mut String) {
    out.push_str("<tr>");
    for cell in cells {
        let _ = write!(out, "<td>{}</td>", escape(cell));
    }
    out.push_str("</tr>");
}

/// The marks of all findings that have a place, in the order of the tables.
fn marks(number: usize, report: &Report) -> Vec<map::Mark> {
    let mut marks = vec![];
    for (rule, _, findings) in report.failed() {
        for (at, finding) in findings.iter().take(SHOWN).enumerate() {
            let middle = finding.place.bbox.map(|b| {
                [
                    f64::midpoint(b.west, b.east),
                    f64::midpoint(b.south, b.north),
                ]
            });
            let whole_layer = matches!(rule.code.as_str(), "A02" | "A03" | "A04" | "A05" | "A06");
            // A fault of a value has its feature for a place, but thousands of them would hide the shapes' faults.
            if let Some(place) = finding.place.at.or(middle.filter(|_| !whole_layer)) {
                marks.push(map::Mark {
                    anchor: format!("r{number}-{}-{at}", rule.code),
                    at: place,
                    class: severity_words(finding.severity.unwrap_or(rule.severity)),
                    title: format!("{}: {}", rule.code, finding.message),
                });
            }
        }
    }
    marks
}

fn facts(report: &Report, speech: Speech<'_>, out: &mut String) {
    let _ = write!(out, "<h2>{}</h2><dl>", escape(speech.word("report_layer")));
    let mut fact = |id: &str, text: &str| {
        if !text.is_empty() {
            let name = escape(speech.word(id));
            let _ = write!(out, "<dt>{name}</dt><dd>{}</dd>", escape(text));
        }
    };
    fact("report_format", &report.source.format);
    fact(
        "report_standard",
        &format!(
            "{} ({})",
            report
                .standard
                .as_deref()
                .unwrap_or_else(|| speech.word("report_none")),
            report.standard_chosen
        ),
    );
    fact("report_profile", &report.profile);
    fact("report_packs", &report.packs.join(" < "));
    let kinds: Vec<String> = report
        .geometry
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    fact("report_geometry", &kinds.join(", "));
    fact("report_crs", &report.crs.to_string());
    if let Some(encoding) = &report.encoding {
        fact(
            "report_encoding",
            &format!(
                "{} ({})",
                encoding.name,
                speech.named("origin", &encoding.origin)
            ),
        );
    }
    let columns: Vec<String> = report
        .columns
        .iter()
        .map(|mapping| {
            format!(
                "{} = {} ({})",
                mapping.field,
                mapping.column,
                speech.named("why", &mapping.why)
            )
        })
        .collect();
    fact("report_columns", &columns.join("; "));
    fact("report_not_used", &report.extra_columns.join(", "));
    for note in notes(report) {
        fact("report_note", &note.text);
    }
    for told in speech.confirmed(report) {
        fact("report_confirmed", &told);
    }
    fact("report_file", &report.source.hash);
    out.push_str("</dl>");
}

fn rules(report: &Report, speech: Speech<'_>, out: &mut String) {
    let Speech {
        standards,
        language,
    } = speech;
    let _ = write!(
        out,
        "<h2>{}</h2><div class=\"scroll\"><table><tbody>",
        escape(speech.word("report_every_rule"))
    );
    for rule in &report.rules {
        let title = standards
            .rule_words(&rule.code)
            .map_or(rule.name.as_str(), |words| words.title.say(language));
        let (class, said) = match &rule.outcome {
            Outcome::Passed { checked } => (
                "conforms",
                speech.say(&say!(report_passed, checked = *checked)),
            ),
            Outcome::Failed { count, .. } => (
                severity_words(rule.severity),
                speech.say(&say!(report_count, count = *count)),
            ),
            Outcome::NotRun {
                because, needed, ..
            } => (
                if *needed { "not_judged" } else { "note" },
                speech.say(&say!(report_not_run, because = because.as_str())),
            ),
        };
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"{class}\">{}</td></tr>",
            rule.code,
            escape(title),
            escape(&said)
        );
    }
    out.push_str("</tbody></table></div>");
}
