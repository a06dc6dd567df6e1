//! One page on any name the standards know: the terminal, the report and the server show the same.

use std::fmt::Write as _;

use serde::Serialize;

use super::{FieldRule, Standards, Words};
use crate::model::{IndicatorId, LayerId};

/// What there is to say of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Page {
    /// The name as the standards write it.
    pub name: String,
    /// `layer`, `rule`, `metadata element`, `code list`, `indicator`, `attribute`, `profile`, `pack`.
    pub kind: &'static str,
    /// What people call it.
    pub title: Words,
    /// What there is to say, in order.
    pub sections: Vec<Section>,
}

/// A part of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Its heading, in English; empty for the opening.
    pub heading: String,
    /// Its text in Markdown, by language.
    pub text: Words,
}

impl Page {
    /// The page as Markdown in a language, with English where a text is missing.
    pub fn markdown(&self, language: &str) -> String {
        let mut out = format!("# {}: {}\n", self.name, self.title.say(language));
        for section in &self.sections {
            if section.heading.is_empty() {
                let _ = write!(out, "\n{}\n", section.text.say(language));
            } else {
                let _ = write!(
                    out,
                    "\n## {}\n\n{}\n",
                    section.heading,
                    section.text.say(language)
                );
            }
        }
        out
    }

    fn add(&mut self, heading: &str, text: Words) {
        if !text.say("en").is_empty() {
            self.sections.push(Section {
                heading: heading.to_owned(),
                text,
            });
        }
    }

    fn say(&mut self, heading: &str, text: String) {
        self.add(heading, Words([("en".to_owned(), text)].into()));
    }
}

/// The page on a rule code, a layer, a metadata element, a code list, an indicator, an attribute, the
/// profile or a pack; case does not matter. None for a name that nobody knows.
pub fn explain(standards: &Standards, name: &str) -> Option<Page> {
    let name = name.trim();
    rule(standards, &name.to_uppercase())
        .or_else(|| layer(standards, &name.to_lowercase()))
        .or_else(|| indicator(standards, &name.to_uppercase()))
        .or_else(|| list(standards, &name.to_uppercase()))
        .or_else(|| element(standards, &name.to_lowercase()))
        .or_else(|| attribute(standards, &name.to_lowercase()))
        .or_else(|| profile(standards, &name.to_lowercase()))
        .or_else(|| pack(standards, &name.to_lowercase()))
}

fn page(name: &str, kind: &'static str, title: &Words) -> Page {
    Page {
        name: name.to_owned(),
        kind,
        title: title.clone(),
        sections: vec![],
    }
}

fn rule(standards: &Standards, code: &str) -> Option<Page> {
    let words = standards.rule_words(code)?;
    let mut page = page(code, "rule", &words.title);
    page.add("What it checks", words.what.clone());
    page.add("Why it matters", words.why.clone());
    page.add("How to mend it", words.fix.clone());
    page.add("What a report calls it", words.fault.clone());
    let used: Vec<&str> = standards
        .layers()
        .filter(|layer| layer.rules.contains_key(code))
        .map(|layer| layer.layer.as_str())
        .collect();
    page.say(
        "Where it runs",
        if standards.common_rules().contains_key(code) {
            "On every layer.".to_owned()
        } else {
            used.join(", ")
        },
    );
    Some(page)
}

fn layer(standards: &Standards, name: &str) -> Option<Page> {
    let layer = standards.layer(&name.parse::<LayerId>().ok()?)?;
    let mut page = page(name, "layer", &layer.title);
    page.add("", layer.about.clone());
    let shapes: Vec<String> = layer
        .geometry
        .iter()
        .map(|shape| format!("{shape:?}"))
        .collect();
    let class = match layer.class {
        super::Class::Core => "core of the minimum profile",
        super::Class::Service => "service layer of the minimum profile",
        super::Class::Other => "beyond the minimum profile",
    };
    page.say(
        "In short",
        format!(
            "- geometry: {}\n- key: {}\n- {class}\n- due: {}\n- answers for it: {}\n- revision: {}",
            shapes.join(" or "),
            layer.key.join(" + "),
            layer.refresh,
            layer.custodian,
            layer.revision
        ),
    );
    let (required, optional): (Vec<_>, Vec<_>) =
        standards.fields(layer).partition(|field| field.required);
    page.say("Required attributes", field_lines(&required));
    page.say("Other attributes", field_lines(&optional));
    let mut rules = String::new();
    for (code, settings) in &layer.rules {
        let title = standards
            .rule_words(code)
            .map_or("", |words| words.title.say("en"));
        let _ = write!(rules, "- {code} {title}");
        if let Some(limit) = settings.limit {
            let _ = write!(rules, " (limit {limit})");
        }
        if let Some(with) = &settings.with {
            let _ = write!(rules, " (with {with})");
        }
        rules.push('\n');
    }
    page.say("Rules", rules.trim_end().to_owned());
    let packs: Vec<String> = standards
        .packs_of(&layer.layer)
        .map(|pack| format!("- {} {}", pack.label(), pack.title.say("en")))
        .collect();
    page.say("Declared in", packs.join("\n"));
    Some(page)
}

fn field_lines(fields: &[&FieldRule]) -> String {
    let mut out = String::new();
    for field in fields {
        let _ = write!(
            out,
            "- `{}` {}: {}",
            field.name,
            field.title.say("en"),
            kind_of(field)
        );
        if !field.aliases.is_empty() {
            let _ = write!(out, "; also read from {}", field.aliases.join(", "));
        }
        out.push('\n');
    }
    out.trim_end().to_owned()
}

fn kind_of(field: &FieldRule) -> String {
    let mut out = match &field.codes {
        Some(list) => format!("code of {list}"),
        None => format!("{:?}", field.kind).to_lowercase(),
    };
    if let Some(unit) = &field.unit {
        let _ = write!(out, ", {unit}");
    }
    match (field.min, field.max) {
        (Some(min), Some(max)) => {
            let _ = write!(out, ", {min} to {max}");
        }
        (Some(min), None) => {
            let _ = write!(out, ", at least {min}");
        }
        (None, Some(max)) => {
            let _ = write!(out, ", at most {max}");
        }
        (None, None) => {}
    }
    if let Some(width) = field.width {
        let _ = write!(out, ", exactly {width} characters");
    }
    out
}

fn indicator(standards: &Standards, code: &str) -> Option<Page> {
    let id: IndicatorId = code.parse().ok()?;
    let rule = standards
        .indicators()
        .iter()
        .find(|rule| rule.code.as_str().eq_ignore_ascii_case(id.as_str()))?;
    let mut page = page(rule.code.as_str(), "indicator", &rule.title);
    let layers: Vec<&str> = rule.layers.iter().map(LayerId::as_str).collect();
    let target = match (rule.target, rule.target_to) {
        (Some(from), Some(to)) => format!("{from} to {to}"),
        (Some(target), None) => target.to_string(),
        _ => "none".to_owned(),
    };
    page.say(
        "",
        format!(
            "- unit: {}\n- worked out as: {}\n- better: {}\n- target: {target}\n- wards to city: {}\n- sector: {}\n- layers: {}",
            rule.unit,
            rule.formula,
            format!("{:?}", rule.direction).to_lowercase(),
            String::from(rule.rollup.clone()),
            rule.sector,
            if layers.is_empty() { "none".to_owned() } else { layers.join(", ") },
        ),
    );
    page.say("Mind", rule.note.clone().unwrap_or_default());
    Some(page)
}

fn list(standards: &Standards, name: &str) -> Option<Page> {
    let list = standards.codes(name)?;
    let mut page = page(name, "code list", &list.title);
    let lines = |language: &str| {
        list.entries
            .iter()
            .map(|entry| format!("- `{}` {}", entry.code, entry.label.say(language)))
            .collect::<Vec<_>>()
            .join("\n")
    };
    page.add(
        "Codes",
        Words(
            ["en", "hi"]
                .map(|language| (language.to_owned(), lines(language)))
                .into(),
        ),
    );
    Some(page)
}

fn element(standards: &Standards, name: &str) -> Option<Page> {
    let rule = standards
        .metadata()
        .iter()
        .find(|rule| rule.element == name)?;
    let mut page = page(name, "metadata element", &rule.title);
    page.add("", rule.about.clone());
    let mut text = format!("- {}", format!("{:?}", rule.obligation).to_lowercase());
    if let Some(when) = &rule.when {
        let _ = write!(text, " {when}");
    }
    if rule.derived {
        text.push_str("\n- worked out by Parat");
    }
    if let Some(default) = &rule.default {
        let _ = write!(text, "\n- {default}, unless you write another");
    }
    page.say("Obligation", text);
    let elsewhere: Vec<String> = [
        ("ISO 19115", &rule.iso19115),
        ("DCAT", &rule.dcat),
        ("OGC API Records", &rule.records),
        ("schema.org", &rule.schema_org),
        ("data.gov.in", &rule.datagov),
        ("CKAN", &rule.ckan),
    ]
    .iter()
    .filter_map(|(who, what)| what.as_ref().map(|what| format!("- {who}: {what}")))
    .collect();
    page.say("Elsewhere", elsewhere.join("\n"));
    Some(page)
}

fn attribute(standards: &Standards, name: &str) -> Option<Page> {
    let mut found: Option<Page> = None;
    let mut layers = vec![];
    for layer in standards.layers() {
        if let Some(field) = standards.field(layer, name) {
            layers.push(layer.layer.as_str());
            found.get_or_insert_with(|| {
                let mut page = page(name, "attribute", &field.title);
                page.say("", field_lines(&[field]));
                page
            });
        }
    }
    let mut page = found?;
    page.say("Layers that have it", layers.join(", "));
    Some(page)
}

fn profile(standards: &Standards, name: &str) -> Option<Page> {
    let profile = standards.profile();
    if name != profile.id && name != profile.label() {
        return None;
    }
    let mut page = page(&profile.label(), "profile", &profile.title);
    page.add("", profile.about.clone());
    let lines: Vec<String> = profile
        .layers
        .iter()
        .filter_map(|id| standards.layer(id))
        .map(|layer| format!("- `{}` {}", layer.layer, layer.title.say("en")))
        .collect();
    page.say("Layers", lines.join("\n"));
    Some(page)
}

fn pack(standards: &Standards, name: &str) -> Option<Page> {
    let packs = standards.packs();
    let at = packs
        .iter()
        .position(|pack| name == pack.id || name == pack.label())?;
    let mut page = page(&packs[at].label(), "pack", &packs[at].title);
    page.add("", packs[at].about.clone());
    let below: Vec<String> = packs[..at]
        .iter()
        .rev()
        .map(|pack| format!("- {}", pack.label()))
        .collect();
    page.say("Inherits from", below.join("\n"));
    let files: Vec<String> = packs[at]
        .files
        .iter()
        .filter(|file| !file.starts_with("schema/"))
        .map(|file| format!("- `{file}`"))
        .collect();
    page.say("Files", files.join("\n"));
    Some(page)
}
