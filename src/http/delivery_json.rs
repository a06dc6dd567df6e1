//! A delivery as clients see it.

use serde_json::{Value, json};

use super::{set_aside, site::Site};
use crate::{app::Progress, model::Say, store::Job};

/// A delivery, its sentences in a language.
pub(super) fn shown(site: &Site, job: &Job, progress: Progress, language: &str) -> Value {
    let messages = site.app().standards().messages();
    let spoken = |say: &Say, english: &str| {
        if say.is_silent() || language == "en" {
            english.to_owned()
        } else {
            messages.render(say, language)
        }
    };
    let reason = job
        .reason
        .as_deref()
        .map(|english| spoken(&job.reason_say, english));
    let id = job.id;
    let received: u64 = job.files.iter().map(|file| file.bytes).sum();
    let announced: u64 = job
        .files
        .iter()
        .map(|file| file.total.unwrap_or(file.bytes))
        .sum();
    let files: Vec<Value> = job
        .files
        .iter()
        .enumerate()
        .map(|(at, file)| {
            json!({
                "name": file.label, "bytes": file.total, "received": file.bytes, "hash": file.hash,
                "href": site.url(&format!("/deliveries/{id}/file?part={at}")),
            })
        })
        .collect();
    let layers: Vec<Value> = job
        .layers
        .iter()
        .map(|layer| {
            let mut value = json!({
                "layer": layer.layer, "verdict": layer.verdict, "summary": spoken(&layer.summary_say, &layer.summary), "counts": layer.counts,
                "report": format!("/reports/{}", layer.report),
            });
            if let Some(version) = layer.version {
                value["version"] = json!(version);
                value["state"] = json!(layer.state);
            }
            if layer.counts.set_aside > 0 {
                let several = (job.layers.len() > 1).then_some(&layer.layer);
                value["set_aside"] =
                    json!(set_aside::address(&format!("/reports/{id}"), several));
            }
            value
        })
        .collect();
    let link = |rel: &str, path: String| json!({"rel": rel, "href": site.url(&path)});
    let mut value = json!({
        "id": id,
        "source": job.source,
        "file": main_label(job),
        "files": files,
        "bytes": announced.max(if progress.unit == "bytes" { progress.total } else { 0 }),
        "received": received,
        "layer": job.layers.first().map(|one| &one.layer).or(job.ask.layer.as_ref()),
        "state": job.state,
        "phase": job.state,
        "progress": progress,
        "reason": reason,
        "ask": job.ask,
        "layers": layers,
        "report": format!("/reports/{id}"),
        "by": job.actor,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "links": [
            link("self", format!("/deliveries/{id}")),
            link("describedby", format!("/reports/{id}")),
            link("monitor", format!("/deliveries/{id}/events")),
            link("enclosure", format!("/deliveries/{id}/file")),
        ],
    });
    for (name, more) in [
        ("remembered", json!(job.remembered)),
        ("passed_over", json!(job.passed_over)),
        ("expires_at", json!(job.expires_at)),
    ] {
        if !more.is_null() {
            value[name] = more;
        }
    }
    value
}

/// The name that a delivery goes by.
fn main_label(job: &Job) -> &str {
    job.files
        .iter()
        .find(|file| file.stored.rsplit('.').next() == Some("shp"))
        .or(job.files.first())
        .map_or("", |file| &file.label)
}
