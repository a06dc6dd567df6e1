//! One self-contained page for all layers of a delivery: no script, no request to anyone, good on paper.

mod facts;
mod findings;
mod mending;

use std::fmt::Write as _;

use self::{
    facts::{facts, rules},
    findings::{marks, table},
    mending::{changed, offered},
};
use super::{
    Speech, map, name_of, offers,
    prose::{escape, prose},
    severity_words,
};
use crate::{
    model::{Verdict, say},
    standard::Standards,
    validate::Report,
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
