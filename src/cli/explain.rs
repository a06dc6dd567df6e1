//! `parat explain`: the page on a layer, rule, code list, metadata element or indicator.

use std::fmt::Write as _;

use super::{Exit, Failure, terminal};
use crate::{
    config::Config,
    standard::{Standards, explain},
};

const EXAMPLES: &str = "\
Examples:
  parat explain ward_boundary     A layer: its attributes, rules, how often it is due
  parat explain T04               A rule: what it checks, why, and how to mend what it finds
  parat explain ROADCL            A code list
  parat explain SLB-2.1.1         An indicator
  parat explain report-schema     The JSON Schema of a report
  parat explain                   Every name there is";

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Explain {
    /// The name of a layer, rule, code list, metadata element or indicator
    #[arg(value_name = "NAME")]
    name: Option<String>,
    /// Print the page as text (Markdown) or JSON
    #[arg(long, value_parser = ["text", "json"], default_value = "text")]
    format: String,
}

impl Explain {
    pub(super) fn run(&self, config: &Config) -> Result<Exit, Failure> {
        let loaded;
        let standards = match &config.standards {
            None => Standards::builtin(),
            Some(folder) => {
                loaded =
                    Standards::load(folder).map_err(|error| Failure::new(Exit::Usage, &error))?;
                &loaded
            }
        };
        let Some(name) = &self.name else {
            terminal::out(&everything(standards))?;
            return Ok(Exit::Good);
        };
        if name == "report-schema" {
            let mut schema = serde_json::to_string_pretty(&crate::report::schema())
                .map_err(|error| Failure::new(Exit::Internal, &error))?;
            schema.push('\n');
            terminal::out(&schema)?;
            return Ok(Exit::Good);
        }
        let Some(page) = explain(standards, name) else {
            return Err(Failure::usage(unknown(standards, name)));
        };
        let text = if self.format == "json" {
            let mut json = serde_json::to_string_pretty(&page)
                .map_err(|error| Failure::new(Exit::Internal, &error))?;
            json.push('\n');
            json
        } else {
            page.markdown(terminal::language())
        };
        terminal::out(&text)?;
        Ok(Exit::Good)
    }
}

/// Every name, by kind, with its title.
fn names(standards: &Standards) -> Vec<(&'static str, Vec<(String, String)>)> {
    vec![
        (
            "Layers",
            standards
                .layers()
                .map(|one| (one.layer.to_string(), one.title.say("en").to_owned()))
                .collect(),
        ),
        (
            "Rules",
            standards
                .all_rule_words()
                .map(|(code, words)| (code.to_owned(), words.title.say("en").to_owned()))
                .collect(),
        ),
        (
            "Code lists",
            standards
                .code_lists()
                .map(|list| (list.name.clone(), list.title.say("en").to_owned()))
                .collect(),
        ),
        (
            "Metadata elements",
            standards
                .metadata()
                .iter()
                .map(|rule| (rule.element.clone(), rule.title.say("en").to_owned()))
                .collect(),
        ),
        (
            "Indicators",
            standards
                .indicators()
                .iter()
                .map(|rule| (rule.code.to_string(), rule.title.say("en").to_owned()))
                .collect(),
        ),
    ]
}

fn everything(standards: &Standards) -> String {
    let mut text = String::new();
    for (kind, list) in names(standards) {
        let _ = writeln!(text, "{kind}");
        for (name, title) in list {
            let _ = writeln!(text, "  {name:<18} {title}");
        }
        text.push('\n');
    }
    text.push_str("parat explain NAME shows the page on one of them.\n");
    text
}

fn unknown(standards: &Standards, name: &str) -> String {
    let wanted = name.to_lowercase();
    let nearest = names(standards)
        .into_iter()
        .flat_map(|(_, list)| list)
        .map(|(known, _)| (strsim::jaro_winkler(&known.to_lowercase(), &wanted), known))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0));
    match nearest {
        Some((_, near)) => format!("nothing is called `{name}`; did you mean `{near}`?"),
        None => format!("nothing is called `{name}`; `parat explain` lists every name"),
    }
}
