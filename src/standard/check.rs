//! What one file of the standards says must be known to the others.

use std::collections::HashMap;

use super::{
    Standards,
    alias::squash,
    files::{StandardError, line_of, wrong},
    spec::{Class, FieldRule, Kind, LayerStandard, Words},
};

/// What can be said of a layer's file without the others.
pub(super) fn layer_alone(
    path: &str,
    text: &str,
    layer: &LayerStandard,
) -> Result<(), StandardError> {
    let at = |wanted: &str| line_of(text, wanted);
    if path != format!("{}.toml", layer.layer) {
        return Err(wrong(
            path,
            at("layer ="),
            format!(
                "the file is named otherwise than its layer `{}`",
                layer.layer
            ),
        ));
    }
    if layer.revision == 0 {
        return Err(wrong(path, at("revision"), "revisions count from 1"));
    }
    if layer.geometry.is_empty() {
        return Err(wrong(path, at("geometry"), "a layer needs a geometry"));
    }
    for (what, words) in [("title", &layer.title), ("about", &layer.about)] {
        english(path, at(what), what, words)?;
    }
    fields(path, text, &layer.fields)
}

fn english(path: &str, line: usize, what: &str, words: &Words) -> Result<(), StandardError> {
    if words.0.get("en").is_none_or(|text| text.trim().is_empty()) {
        return Err(wrong(path, line, format!("`{what}` needs an English text")));
    }
    Ok(())
}

fn fields(path: &str, text: &str, fields: &[FieldRule]) -> Result<(), StandardError> {
    for (at, field) in fields.iter().enumerate() {
        let line = line_of(text, &format!("name = \"{}\"", field.name));
        let fault = |message: String| Err(wrong(path, line, message));
        let name = &field.name;
        let sound = name.len() <= 10
            && name.starts_with(|letter: char| letter.is_ascii_lowercase())
            && name
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if !sound {
            return fault(format!(
                "`{name}` is not a name of at most 10 lower-case letters, digits and underscores"
            ));
        }
        if fields[..at].iter().any(|other| other.name == *name) {
            return fault(format!("`{name}` stands here twice"));
        }
        english(path, line, "title", &field.title)?;
        if (field.kind == Kind::Code) != field.codes.is_some() {
            return fault(format!("`{name}`: kind \"code\" and `codes` go together"));
        }
        if let (Some(min), Some(max)) = (field.min, field.max)
            && min > max
        {
            return fault(format!("`{name}`: min {min} is larger than max {max}"));
        }
    }
    Ok(())
}

/// What the files say of each other.
pub(super) fn all<'a>(
    standards: &Standards,
    text: &dyn Fn(&str) -> &'a str,
) -> Result<(), StandardError> {
    fields("common.toml", text("common.toml"), &standards.common_fields)?;
    for layer in &standards.layers {
        one_layer(standards, layer, text(&format!("{}.toml", layer.layer)))?;
    }
    profile(standards, text("profile.toml"))?;
    for rule in &standards.metadata {
        let line = line_of(text("metadata.toml"), &format!("\"{}\"", rule.element));
        if let Some(list) = &rule.codes
            && !standards.codes.contains_key(list)
            && list != "frequency"
        {
            return Err(wrong(
                "metadata.toml",
                line,
                format!("there is no code list `{list}`"),
            ));
        }
    }
    for (at, rule) in standards.indicators.iter().enumerate() {
        let line = line_of(text("indicators.toml"), &format!("\"{}\"", rule.code));
        let fault = |message: String| Err(wrong("indicators.toml", line, message));
        if standards.indicators[..at]
            .iter()
            .any(|other| other.code == rule.code)
        {
            return fault(format!("`{}` stands here twice", rule.code));
        }
        if !standards
            .codes
            .get("SECTOR")
            .is_some_and(|list| list.has(&rule.sector))
        {
            return fault(format!("`{}` is no sector of the list SECTOR", rule.sector));
        }
        for layer in &rule.layers {
            if standards.layer(layer).is_none() {
                return fault(format!("there is no layer `{layer}`"));
            }
        }
    }
    for (code, words) in &standards.words {
        let line = line_of(text("rules.toml"), &format!("[{code}]"));
        for (what, words) in [
            ("title", &words.title),
            ("what", &words.what),
            ("why", &words.why),
            ("fix", &words.fix),
        ] {
            english("rules.toml", line, what, words)?;
        }
    }
    Ok(())
}

fn profile(standards: &Standards, text: &str) -> Result<(), StandardError> {
    let profile = &standards.profile;
    for id in &profile.layers {
        let fault = |message: String| {
            Err(wrong(
                "profile.toml",
                line_of(text, &format!("\"{id}\"")),
                message,
            ))
        };
        match standards.layer(id) {
            None => return fault(format!("there is no layer `{id}`")),
            Some(layer) if layer.class == Class::Other => {
                return fault(format!("`{id}` calls itself neither core nor service"));
            }
            Some(_) => {}
        }
    }
    for layer in &standards.layers {
        if layer.class != Class::Other && !profile.layers.contains(&layer.layer) {
            return Err(wrong(
                "profile.toml",
                line_of(text, "layers"),
                format!(
                    "`{}` calls itself part of the minimum, but is not listed",
                    layer.layer
                ),
            ));
        }
    }
    if profile.bounds.west >= profile.bounds.east || profile.bounds.south >= profile.bounds.north {
        return Err(wrong(
            "profile.toml",
            line_of(text, "bounds"),
            "bounds are west, south, east, north",
        ));
    }
    Ok(())
}

fn one_layer(
    standards: &Standards,
    layer: &LayerStandard,
    text: &str,
) -> Result<(), StandardError> {
    let path = format!("{}.toml", layer.layer);
    let fault = |wanted: &str, message: String| Err(wrong(&path, line_of(text, wanted), message));
    let known = |name: &str| standards.field(layer, name).is_some();
    for name in &layer.key {
        if !known(name) {
            return fault(
                "key =",
                format!("the key names `{name}`, which is no field"),
            );
        }
    }
    if layer.key.is_empty() {
        return fault("key =", "a layer needs a key".to_owned());
    }
    if let Some(name) = &layer.rank_by {
        match standards.field(layer, name).map(|field| field.kind) {
            None => return fault("rank_by", format!("`{name}` is no field")),
            Some(Kind::Integer | Kind::Decimal | Kind::Year | Kind::Code) => {}
            Some(_) => {
                return fault(
                    "rank_by",
                    format!(
                        "`{name}` has no order: it must be a number, or a code of a list that begins with what matters most"
                    ),
                );
            }
        }
    }
    for parent in &layer.parent {
        if standards.layer(parent).is_none() {
            return fault("parent", format!("there is no layer `{parent}`"));
        }
    }
    if !standards
        .frequencies
        .iter()
        .any(|one| one.code == layer.refresh)
    {
        return fault("refresh", format!("`{}` is no frequency", layer.refresh));
    }
    if !standards
        .codes
        .get("GROUP")
        .is_some_and(|list| list.has(&layer.group))
    {
        return fault(
            "group",
            format!("`{}` is no group of the list GROUP", layer.group),
        );
    }
    for (code, settings) in &layer.rules {
        if !standards.words.contains_key(code) {
            return fault(code, format!("there is no rule `{code}` in rules.toml"));
        }
        if let Some(with) = &settings.with
            && standards.layer(with).is_none()
        {
            return fault(code, format!("`{code}`: there is no layer `{with}`"));
        }
        for field in settings
            .by
            .iter()
            .chain(settings.only.iter().map(|only| &only.field))
        {
            if !known(field) {
                return fault(code, format!("`{code}`: `{field}` is no field"));
            }
        }
    }
    let mut taken: HashMap<String, &str> = HashMap::new();
    for field in standards.fields(layer) {
        let wanted = format!("name = \"{}\"", field.name);
        if let Some(list) = &field.codes
            && !standards.codes.contains_key(list)
        {
            return fault(&wanted, format!("there is no code list `{list}`"));
        }
        for alias in std::iter::once(&field.name).chain(&field.aliases) {
            match taken.insert(squash(alias), &field.name) {
                Some(other) if other != field.name => {
                    return fault(
                        &wanted,
                        format!(
                            "the header `{alias}` would mean both `{other}` and `{}`",
                            field.name
                        ),
                    );
                }
                _ => {}
            }
        }
    }
    Ok(())
}
