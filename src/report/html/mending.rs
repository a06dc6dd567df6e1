//! What can be asked for, and what was done: offers, rows that were set aside, repairs.

use std::fmt::Write as _;

use crate::{
    model::say,
    report::{
        Speech, offers,
        prose::{escape, prose},
        text,
    },
    validate::Report,
};

use super::SHOWN;

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
pub(super) fn offered(report: &Report, speech: Speech<'_>, out: &mut String) {
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
pub(super) fn changed(report: &Report, speech: Speech<'_>, aside: Option<&str>, out: &mut String) {
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
        let kinds = say!(report_repaired_undo, kinds = text::repaired(report));
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
