//! Plain pages for people: one template, no script, nothing from another machine.

use std::fmt::{self, Write as _};

use serde_json::Value;

use super::percent::encode;
pub(super) use crate::report::escape;

/// The media type of a page.
pub(super) const MEDIA: &str = "text/html; charset=utf-8";

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b2430;--paper:#fff;--line:#d5dbe3;--quiet:#5a6675;--link:#0b5cad}\
@media(prefers-color-scheme:dark){:root{--ink:#e8edf3;--paper:#141a21;--line:#313c49;--quiet:#9aa7b6;--link:#7db8f5}}\
*{box-sizing:border-box}body{margin:0 auto;max-width:70rem;padding:1.25rem;font:16px/1.5 system-ui,sans-serif;\
color:var(--ink);background:var(--paper)}a{color:var(--link)}nav{font-size:.9rem;margin-bottom:1rem}\
h1{font-size:1.5rem;line-height:1.25;margin:.2rem 0 .8rem}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}\
.quiet{color:var(--quiet)}.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}\
th,td{border-bottom:1px solid var(--line);padding:.35rem .6rem;text-align:left;vertical-align:top}\
th{white-space:nowrap}code{font-size:.9em}pre{overflow-x:auto;border:1px solid var(--line);padding:.6rem}\
:focus-visible{outline:3px solid var(--link);outline-offset:2px}";

/// Adds formatted text to a string.
pub(super) fn put(out: &mut String, words: fmt::Arguments<'_>) {
    out.write_fmt(words).expect("a string takes every byte");
}

/// A whole page. `way` is the path to it, as titles and addresses; `body` is HTML and `title` is text.
pub(super) fn page(base: &str, title: &str, way: &[(&str, String)], body: &str) -> String {
    let title = escape(title);
    let mut crumbs = link("Parat", &format!("{base}/?f=html"));
    for (name, href) in way {
        crumbs.push_str(" / ");
        crumbs.push_str(&link(name, href));
    }
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{title} · Parat</title><style>{STYLE}</style></head><body>\
         <nav aria-label=\"Path\">{crumbs}</nav><main><h1>{title}</h1>{body}</main></body></html>\n"
    )
}

/// A link; both text and address are escaped.
pub(super) fn link(text: &str, href: &str) -> String {
    format!("<a href=\"{}\">{}</a>", escape(href), escape(text))
}

/// A table of rows of HTML cells under text headings.
pub(super) fn table(headings: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut out = String::from(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table\"><table><thead><tr>",
    );
    for heading in headings {
        out.push_str("<th scope=\"col\">");
        out.push_str(&escape(heading));
        out.push_str("</th>");
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for cell in row {
            out.push_str("<td>");
            out.push_str(&cell);
            out.push_str("</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
    out
}

/// A JSON document as a page: its links as links, the rest as nested tables.
pub(super) fn document(base: &str, title: &str, way: &[(&str, String)], value: &Value) -> String {
    let mut body = String::new();
    if let Some(about) = value["description"].as_str() {
        put(&mut body, format_args!("<p>{}</p>", escape(about)));
    }
    show(value, 0, &mut body);
    page(base, title, way, &body)
}

/// The list of a document's links, for pages that show the rest in their own way.
pub(super) fn links(value: &Value) -> String {
    let mut found = String::from("<h2>Links</h2><ul>");
    let out = &mut found;
    for each in value["links"].as_array().into_iter().flatten() {
        let (Some(href), templated) = (each["href"].as_str(), &each["templated"]) else {
            continue;
        };
        let text = each["title"]
            .as_str()
            .or(each["rel"].as_str())
            .unwrap_or(href);
        let shown = if *templated == Value::Bool(true) {
            format!("{} <code>{}</code>", escape(text), escape(href))
        } else {
            link(text, href)
        };
        let media = each["type"].as_str().unwrap_or("");
        put(
            out,
            format_args!(
                "<li>{shown} <span class=\"quiet\">{}</span></li>",
                escape(media)
            ),
        );
    }
    out.push_str("</ul>");
    found
}

fn show(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(members) if depth < 6 => {
            out.push_str("<table><tbody>");
            for (name, member) in members {
                if name == "links" || (depth == 0 && name == "description") {
                    continue;
                }
                put(
                    out,
                    format_args!("<tr><th scope=\"row\">{}</th><td>", escape(name)),
                );
                show(member, depth + 1, out);
                out.push_str("</td></tr>");
            }
            out.push_str("</tbody></table>");
            if depth == 0 && value["links"].is_array() {
                out.push_str(&links(value));
            }
        }
        Value::Array(items) if depth < 6 && items.iter().any(Value::is_object) => {
            for item in items.iter().take(200) {
                show(item, depth + 1, out);
            }
        }
        Value::String(text) if text.starts_with("http://") || text.starts_with("https://") => {
            out.push_str(&link(text, text));
        }
        Value::String(text) => out.push_str(&escape(text)),
        Value::Null => out.push_str("<span class=\"quiet\">none</span>"),
        other => put(
            out,
            format_args!("<code>{}</code>", escape(&other.to_string())),
        ),
    }
}

/// A path segment, percent-encoded.
pub(super) fn segment(text: &str) -> String {
    let mut out = String::new();
    encode(text, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_strangers_wrote_cannot_become_markup() {
        let evil = "<script>alert('x')</script>\" onload=\"";
        let value = serde_json::json!({"description": evil, evil: [evil, {"a": evil}],
            "links": [{"href": evil, "title": evil}]});
        let page = document("http://h", evil, &[(evil, evil.into())], &value);
        assert!(
            !page.contains("<script") && !page.contains("\" onload=\""),
            "{page}"
        );
    }
}
