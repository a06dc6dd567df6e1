//! `/reports/{id}`: what the gate said, as JSON, as a page, as findings on a map or in a table.

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};

use serde_json::json;

use super::{
    error::Problem, extract::Ask, html, language, negotiate::Media, ops, reply::Reply, set_aside,
    site::Site, wait::blocking,
};
use crate::{
    app::Progress,
    report,
    store::{Job, JobId, JobState},
    validate::Report,
};

/// The report of a layer's public version, or of a delivery. An ending asks for a form before `Accept` does.
pub(super) async fn report(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let (name, ending) = match id.rsplit_once('.') {
        Some((name, "json")) => (name, Some(Media::Json)),
        Some((name, "html")) => (name, Some(Media::Html)),
        Some((name, "geojson")) => (name, Some(Media::GeoJson)),
        Some((name, "csv")) => (name, Some(Media::Csv)),
        _ => (id.as_str(), None),
    };
    let ask = match ending {
        // The address says it, so `Accept` has no say.
        Some(media) => {
            let params =
                super::params::Params::parse(parts.uri.query(), |name| ops::REPORT.takes(name))?;
            let chosen = super::negotiate::Chosen {
                media,
                content_type: media.types()[0],
            };
            Ask {
                params,
                chosen,
                headers: parts.headers,
            }
        }
        None => Ask::of(&ops::REPORT, parts)?,
    };
    let found = match found(&site, name).await? {
        Found::Reports(found) => found,
        Found::Pending(job, progress) => return Ok(pending(&site, &ask, &job, progress)),
    };
    let standards = site.app().standards();
    let media = ask.chosen.media;
    let asked = ask.params.get("lang").map(ToOwned::to_owned);
    let language = match &asked {
        Some(language) => language.clone(),
        // A program compares the JSON with that of `parat check`: only `lang` changes it.
        None if media == Media::Json => "en".to_owned(),
        None => language::preferred(&site, &ask.headers),
    };
    let aside = found
        .iter()
        .any(|report| report.counts.set_aside > 0)
        .then(|| set_aside::address(&site.url(&format!("/reports/{name}")), None));
    let link = aside
        .as_ref()
        .map(|to| format!("<{to}>; rel=\"related\"; title=\"rows set aside\""));
    let body = site
        .app()
        .compute(move |_| {
            let found: Vec<Report> = found
                .iter()
                .map(|report| {
                    report
                        .in_language(standards.messages(), &language)
                        .into_owned()
                })
                .collect();
            Ok(match media {
                Media::Html => report::html_with(&found, standards, &language, aside.as_deref()),
                Media::GeoJson => report::all_geojson(&found),
                Media::Csv => report::all_csv(&found),
                _ => report::all_json(&found),
            })
        })
        .await?;
    let mut reply = Reply::new(ask.chosen.content_type, body).header("vary", "Accept-Language");
    if let Some(link) = link {
        reply = reply.header("link", &link);
    }
    Ok(reply.send(&ask.headers))
}

enum Found {
    /// One report for each layer.
    Reports(Vec<Report>),
    /// A delivery that has none yet, or ended without.
    Pending(Box<Job>, Progress),
}

/// The reports that an address names: those of a delivery's layers as they were judged last, else the one
/// of a layer or of an older delivery.
async fn found(site: &Site, name: &str) -> Result<Found, Problem> {
    if let Ok(id) = name.parse::<JobId>() {
        let asked = blocking(site.app(), move |app| app.delivery(id)).await;
        if let Ok((job, progress)) = asked
            && job.id == id
        {
            if job.state != JobState::Judged {
                return Ok(Found::Pending(Box::new(job), progress));
            }
            let mut all = vec![];
            for layer in &job.layers {
                all.push(site.app().report(&layer.report.to_string()).await?);
            }
            return Ok(Found::Reports(all));
        }
    }
    Ok(Found::Reports(vec![site.app().report(name).await?]))
}

/// What stands at a report's address before there is one: 200, because the address is right and will stay.
fn pending(site: &Site, ask: &Ask, job: &Job, progress: Progress) -> Response {
    let told = json!({
        "id": job.id, "state": job.state, "phase": job.state, "progress": progress, "reason": job.reason,
        "delivery": site.url(&format!("/deliveries/{}", job.id)),
        "report": site.url(&format!("/reports/{}", job.id)),
    });
    let body = match ask.chosen.media {
        Media::Html => page(
            site,
            job,
            progress,
            &language::of(site, &ask.params, &ask.headers),
        ),
        Media::GeoJson => {
            json!({"type": "FeatureCollection", "features": [], "delivery": told}).to_string()
        }
        // A table without rows: who reads it finds no fault, and no verdict either.
        Media::Csv => String::new(),
        _ => told.to_string(),
    };
    Reply::new(ask.chosen.content_type, body)
        .cached("no-store")
        .send(&ask.headers)
}

/// A page that looks again by itself until there is a report.
fn page(site: &Site, job: &Job, progress: Progress, language: &str) -> String {
    let name = job.files.first().map_or("", |file| file.label.as_str());
    let messages = site.app().standards().messages();
    let again = !matches!(job.state, JobState::Failed | JobState::Cancelled);
    let words = messages.word(&format!("job_is_{}", job.state.word()), language);
    let mut body = String::new();
    if again {
        body.push_str("<meta http-equiv=\"refresh\" content=\"2\">");
    }
    html::put(
        &mut body,
        format_args!(
            "<p>{}</p><p role=\"status\">{words}</p>",
            html::escape(name)
        ),
    );
    if again && progress.total > 0 {
        html::put(
            &mut body,
            format_args!(
                "<progress value=\"{}\" max=\"{}\"></progress> <span class=\"quiet\">{} / {} {}</span>",
                progress.done, progress.total, progress.done, progress.total, progress.unit
            ),
        );
    }
    if let Some(english) = &job.reason {
        let reason = if job.reason_say.is_silent() {
            english.clone()
        } else {
            messages.render(&job.reason_say, language)
        };
        html::put(&mut body, format_args!("<p>{}</p>", html::escape(&reason)));
    }
    if !again {
        let kept = html::escape(messages.word("job_file_kept", language));
        html::put(&mut body, format_args!("<p class=\"quiet\">{kept}</p>"));
    }
    html::page(site.base(), &format!("Report {}", job.id), &[], &body)
}
