//! `/collections/{id}/versions`: every version, where it stands, and its way to the public; `/workflow`: who
//! may do what.

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, header, request::Parts},
    response::Response,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    actor::Caller,
    error::{self, Problem},
    extract::{Ask, layer},
    language,
    links::{link, self_and_alternates},
    negotiate::Media,
    ops,
    reply::{self, REVALIDATE, Reply, strong},
    site::Site,
    which::{is_inside, number},
};
use crate::{
    app::{Action, Actor, AppError, LiveLayers, Role, VersionState},
    model::LayerId,
    store::{Seen, VersionEntry, workflow::RULES},
};

/// Who may do what, and who asks.
pub(super) async fn workflow(
    State(site): State<Site>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::WORKFLOW, parts)?;
    let accounts = !site.app().live().users.is_empty();
    Ok(reply::json(
        &ask,
        &json!({
            "you": caller.0,
            // A page asks for a token only where one would help.
            "accounts": accounts,
            "roles": [Role::Public, Role::Contributor, Role::Coordinator, Role::DataOfficer],
            "states": VersionState::ALL,
            "rules": RULES,
        }),
    ))
}

/// A version as an actor may know it; what the gate said of it in a language.
pub(super) fn describe(
    site: &Site,
    live: &LiveLayers,
    entry: &VersionEntry,
    actor: &Actor,
    language: &str,
) -> Value {
    let (id, version) = (&entry.layer, entry.version);
    let here = format!("/collections/{id}/versions/{version}");
    let json = "application/json";
    let mut links = vec![
        link(site, "self", json, "This version", &here),
        link(
            site,
            "collection",
            json,
            "All versions",
            &format!("/collections/{id}/versions"),
        ),
        link(
            site,
            "describedby",
            json,
            "What the gate said",
            &format!("/reports/{}", entry.report_id),
        ),
        link(
            site,
            "related",
            json,
            "What changed",
            &format!("{here}/diff"),
        ),
    ];
    if entry.state != VersionState::Retired || is_inside(actor) {
        let permalink = format!("/collections/{id}@{version}");
        links.push(link(
            site,
            "cite-as",
            json,
            "The features of this version",
            &permalink,
        ));
        links.push(link(
            site,
            "items",
            "application/geo+json",
            "The features",
            &format!("{permalink}/items"),
        ));
    }
    let periods: Vec<Value> = live
        .publications
        .get(id)
        .map(|all| periods(all, version))
        .unwrap_or_default();
    let mut value = json!({
        "layer": id,
        "version": version,
        "state": entry.state,
        "revision": entry.revision,
        "hash": entry.hash,
        "features": entry.features,
        "verdict": entry.verdict,
        "summary": site.app().standards().messages().summary(&entry.summary, language),
        "file": entry.file,
        "at": entry.at,
        "changed_at": entry.changed_at,
        "comment": entry.comment,
        "public": periods,
        "report": format!("/reports/{}", entry.report_id),
        "diff": format!("{here}/diff"),
        "against": live.usual_other(entry),
        "actions": entry.possible(actor),
        "tiles": format!("/xyz/{id}@{}/{{z}}/{{x}}/{{y}}.mvt", entry.hash),
        "links": links,
    });
    if is_inside(actor) {
        value["author"] = json!(entry.author);
        value["changed_by"] = json!(entry.changed_by);
    }
    value
}

/// From when until when a version was public; open at the end while it is.
fn periods(all: &[crate::store::Publication], version: crate::model::Version) -> Vec<Value> {
    all.iter()
        .enumerate()
        .filter(|(_, one)| one.version == Some(version))
        .map(|(at, one)| json!({"from": one.at, "until": all.get(at + 1).map(|next| &next.at)}))
        .collect()
}

/// Names one state of a version as one actor sees it and reads it.
fn tag(
    site: &Site,
    live: &LiveLayers,
    entry: &VersionEntry,
    actor: &Actor,
    media: &str,
    language: &str,
) -> String {
    let publications = live.publications.get(&entry.layer).map_or(0, Vec::len);
    strong(&[
        env!("CARGO_PKG_VERSION").as_bytes(),
        site.base().as_bytes(),
        entry.layer.as_str().as_bytes(),
        &entry.version.0.to_le_bytes(),
        &entry.revision.to_le_bytes(),
        &publications.to_le_bytes(),
        entry.state.word().as_bytes(),
        actor.name.as_bytes(),
        actor.role.word().as_bytes(),
        media.as_bytes(),
        language.as_bytes(),
    ])
}

/// A layer that somebody delivered something for.
fn known(live: &LiveLayers, text: &str) -> Result<LayerId, Problem> {
    let id = layer(text)?;
    if live.layers.contains_key(&id) || live.versions.contains_key(&id) {
        return Ok(id);
    }
    Err(Problem::new(
        error::NOT_FOUND,
        "there is no such collection",
    ))
}

/// Every version that the caller may know of, newest first.
pub(super) async fn versions(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let live = site.app().live();
    let id = known(&live, &id)?;
    let ask = Ask::of(&ops::VERSIONS, parts)?;
    let language = language::preferred(&site, &ask.headers);
    let all: Vec<Value> = live
        .versions_for(&id, &caller.0)
        .into_iter()
        .map(|entry| describe(&site, &live, entry, &caller.0, &language))
        .collect();
    let entry = live.layers.get(&id).map(|layer| &layer.entry);
    let path = format!("/collections/{id}/versions");
    let value = json!({
        "layer": id,
        "state": entry.map(|entry| entry.state),
        "public": entry.and_then(|entry| entry.version),
        "retired": entry.and_then(|entry| entry.retired.as_ref()),
        "versions": all,
        "links": self_and_alternates(&site, ops::VERSIONS.offer, ask.chosen.media, &path),
    });
    let way = [("Collections", site.url("/collections?f=html"))];
    let title = format!("{id}: versions");
    let response = reply::resource(&site, &ask, &title, &way, &value);
    Ok(language::spoken(private(response)))
}

/// One version.
pub(super) async fn version(
    State(site): State<Site>,
    caller: Caller,
    Path((id, version)): Path<(String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let live = site.app().live();
    let id = known(&live, &id)?;
    let entry = live.version(&id, number(&version)?, &caller.0)?;
    let ask = Ask::of(&ops::VERSION, parts)?;
    let language = language::preferred(&site, &ask.headers);
    let value = describe(&site, &live, entry, &caller.0, &language);
    if ask.is_page() {
        let way = [(
            "Versions",
            site.url(&format!("/collections/{id}/versions?f=html")),
        )];
        let title = format!("{id}: version {}", entry.version);
        let response = reply::resource(&site, &ask, &title, &way, &value);
        return Ok(language::spoken(private(response)));
    }
    let media = ask.chosen.content_type;
    let tag = tag(&site, &live, entry, &caller.0, media, &language);
    let response = Reply::tagged(media, value.to_string(), tag)
        .cached(REVALIDATE)
        .send(&ask.headers);
    Ok(language::spoken(private(response)))
}

/// What an answer says depends on who asks.
pub(super) fn private(mut response: Response) -> Response {
    response.headers_mut().append(
        header::VARY,
        header::HeaderValue::from_static("Authorization"),
    );
    response
}

/// What comes with a transition.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    /// Why.
    comment: Option<String>,
    /// The state in which the sender saw the version.
    from: Option<VersionState>,
}

/// The longest comment, in bytes.
const COMMENT_BYTES: usize = 4_000;

/// Moves a version along its way.
pub(super) async fn act(
    State(site): State<Site>,
    caller: Caller,
    Path((id, version, action)): Path<(String, String, String)>,
    parts: Parts,
    body: Bytes,
) -> Result<Response, Problem> {
    let live = site.app().live();
    let action: Action = serde_json::from_value(json!(action)).ok().ok_or_else(|| {
        Problem::new(
            error::NO_SUCH_PATH,
            "the actions are submit, return, approve, publish, retire",
        )
    })?;
    // Before anything is told of a version: nobody learns from a refusal what is not public.
    let actor = caller.at_least(Role::Contributor)?.clone();
    let id = known(&live, &id)?;
    let entry = live.version(&id, number(&version)?, &actor)?.clone();
    let media = Media::Json.types()[0];
    // It is the same version in whatever language somebody read it.
    let tags: Vec<String> = site
        .languages()
        .iter()
        .map(|language| tag(&site, &live, &entry, &actor, media, language))
        .collect();
    let mut seen = Seen {
        state: None,
        revision: if_match(&parts.headers, &tags)?.then_some(entry.revision),
    };
    let ask = Ask::of(&ops::VERSION_ACTION, parts)?;
    let told = told(&ask.headers, &body)?;
    seen.state = told.from;
    let after = site
        .app()
        .act(id, entry.version, action, actor.clone(), seen, told.comment)
        .await?;
    let live = site.app().live();
    let language = language::preferred(&site, &ask.headers);
    let value = describe(&site, &live, &after, &actor, &language);
    let tag = tag(&site, &live, &after, &actor, media, &language);
    let mut response = Reply::tagged(media, value.to_string(), tag).send(&HeaderMap::new());
    response.headers_mut().insert(
        header::CACHE_CONTROL,
        header::HeaderValue::from_static("no-store"),
    );
    Ok(response)
}

/// False without `If-Match`, true when it names one of the tags, an error when it names another.
fn if_match(headers: &HeaderMap, tags: &[String]) -> Result<bool, Problem> {
    let Some(wanted) = headers
        .get(header::IF_MATCH)
        .and_then(|value| value.to_str().ok())
    else {
        return Ok(false);
    };
    let fits = wanted.split(',').map(str::trim).any(|theirs| {
        let is_it = |tag: &String| reply::bare(theirs) == reply::bare(tag);
        theirs == "*" || tags.iter().any(is_it)
    });
    if fits {
        Ok(wanted.trim() != "*")
    } else {
        Err(AppError::Changed(
            "the version is not as the `ETag` in `If-Match` says; read it again".to_owned(),
        )
        .into())
    }
}

fn told(headers: &HeaderMap, body: &[u8]) -> Result<Told, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(Told::default());
    }
    // Only this type is sent across sites with a question first; a form of another page cannot.
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    if !media.starts_with("application/json") {
        return Err(Problem::new(
            error::UNSUPPORTED_TYPE,
            "the body is application/json",
        ));
    }
    let told: Told = serde_json::from_slice(body)
        .map_err(|error| Problem::new(error::BAD_BODY, error.to_string()))?;
    if told
        .comment
        .as_ref()
        .is_some_and(|text| text.len() > COMMENT_BYTES)
    {
        return Err(Problem::new(
            error::BAD_BODY,
            format!("a comment has at most {COMMENT_BYTES} bytes"),
        ));
    }
    Ok(told)
}
