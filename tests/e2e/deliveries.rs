//! A server killed at any moment of an upload, a judging, an approval or a publication loses nothing that it
//! had answered for, shows nothing half-made, and brings every delivery to its end.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use parat::{
    app::Role,
    store::{
        Embedded, Job, JobAsk, JobFilter, JobId, JobState, JobStore as _, LayerStore as _, Via,
        first_broken,
    },
};
use serde_json::{Value, json};

use super::{
    city,
    dice::{Dice, times},
    form::form,
    server::Server,
};

/// An answer; none when the connection broke, which is what a killed server looks like.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

pub(crate) fn ask(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Option<Answer> {
    let mut request = ureq::http::Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_mins(1)))
        .allow_non_standard_methods(true)
        .build()
        .into();
    let mut response = agent.run(request.body(body).expect("a request")).ok()?;
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                value.to_str().unwrap_or("").to_owned(),
            )
        })
        .collect();
    Some(Answer {
        status: response.status().as_u16(),
        headers,
        body: response.body_mut().read_to_vec().ok()?,
    })
}

pub(crate) const TUS: (&str, &str) = ("tus-resumable", "1.0.0");
const BYTES: (&str, &str) = ("content-type", "application/offset+octet-stream");
const JSON: (&str, &str) = ("content-type", "application/json");

/// What the server has answered for.
#[derive(Default)]
struct Ledger {
    /// Deliveries by form that were taken: the hash of their bytes.
    taken: BTreeMap<String, String>,
    /// Uploads: the last offset that was answered, and which file it is.
    uploads: BTreeMap<String, (u64, usize)>,
    /// The version that was said to be public.
    public: u64,
    /// How often each step was answered.
    steps: BTreeMap<&'static str, u64>,
}

struct Client<'a> {
    files: &'a [(PathBuf, Vec<u8>, Vec<u8>)],
    ledger: Ledger,
}

impl Client<'_> {
    fn did(&mut self, step: &'static str) {
        *self.ledger.steps.entry(step).or_default() += 1;
    }

    /// One step after the other until the server no longer answers.
    fn work(&mut self, url: &str, first: u64, dead: &AtomicBool) {
        for step in first.. {
            let alive = match step % 4 {
                0 => self.by_form(url, (step / 4 % 2) as usize),
                1 => self.by_tus(url, (step / 4 % 2) as usize),
                2 => self.again(url),
                _ => self.publish(url),
            };
            if alive.is_none() || dead.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    fn by_form(&mut self, url: &str, which: usize) -> Option<()> {
        let (_, bytes, about) = &self.files[which];
        let body = form(&[
            ("file", Some("wards.geojson"), bytes),
            ("file", Some("wards.metadata.json"), about),
            ("layer", None, b"ward_boundary"),
        ]);
        let answer = ask(
            "POST",
            &format!("{url}/deliveries"),
            &[("content-type", "multipart/form-data; boundary=QQ")],
            &body,
        )?;
        assert_eq!(answer.status, 202, "{}", answer.json());
        let hash = blake3::hash(bytes).to_hex().to_string();
        self.ledger.taken.insert(
            answer.json()["id"].as_str().expect("an id").to_owned(),
            hash,
        );
        self.did("form");
        Some(())
    }

    fn by_tus(&mut self, url: &str, which: usize) -> Option<()> {
        // What was begun before the last kill goes on first.
        let open: Vec<(String, u64, usize)> = self
            .ledger
            .uploads
            .iter()
            .filter(|(_, (offset, which))| *offset < self.files[*which].1.len() as u64)
            .map(|(id, (offset, which))| (id.clone(), *offset, *which))
            .collect();
        for (id, acknowledged, which) in open {
            let head = ask("HEAD", &format!("{url}/uploads/{id}"), &[TUS], b"")?;
            assert_eq!(head.status, 200, "{id}: an upload was lost");
            let offset: u64 = head.header("upload-offset").parse().expect("an offset");
            assert!(
                offset >= acknowledged,
                "{id}: {acknowledged} bytes were answered, {offset} are left"
            );
            self.did("resume");
            self.ledger.uploads.insert(id.clone(), (offset, which));
            self.send(url, &id, offset, which)?;
        }
        let length = self.files[which].1.len().to_string();
        let made = ask(
            "POST",
            &format!("{url}/uploads"),
            &[
                TUS,
                ("upload-length", &length),
                (
                    "upload-metadata",
                    "filename d2FyZHMuZ2VvanNvbg==,layer d2FyZF9ib3VuZGFyeQ==",
                ),
            ],
            b"",
        )?;
        assert_eq!(made.status, 201, "{}", made.json());
        let id = made.header("parat-delivery").to_owned();
        self.ledger.uploads.insert(id.clone(), (0, which));
        self.did("create");
        self.send(url, &id, 0, which)
    }

    fn send(&mut self, url: &str, id: &str, mut offset: u64, which: usize) -> Option<()> {
        let bytes = &self.files[which].1;
        while offset < bytes.len() as u64 {
            let end = (offset as usize + bytes.len() / 4).min(bytes.len());
            let answer = ask(
                "PATCH",
                &format!("{url}/uploads/{id}"),
                &[TUS, BYTES, ("upload-offset", &offset.to_string())],
                &bytes[offset as usize..end],
            )?;
            assert_eq!(answer.status, 204, "{}", answer.json());
            offset = answer.header("upload-offset").parse().expect("an offset");
            assert_eq!(offset, end as u64);
            self.ledger.uploads.insert(id.to_owned(), (offset, which));
            *self.ledger.steps.entry("patch").or_default() += 1;
        }
        Some(())
    }

    /// Waits for the newest delivery and asks about it again.
    fn again(&mut self, url: &str) -> Option<()> {
        let newest = self.ledger.taken.keys().max_by_key(|id| number(id));
        let Some(id) = newest.cloned() else {
            return Some(());
        };
        ended(url, &id)?;
        let answer = ask(
            "PATCH",
            &format!("{url}/deliveries/{id}"),
            &[JSON],
            json!({"metadata": {"lineage": "asked again"}})
                .to_string()
                .as_bytes(),
        )?;
        // It may be under way again already, where an earlier round was killed in the middle.
        assert!([202, 409].contains(&answer.status), "{}", answer.json());
        self.did("ask again");
        Some(())
    }

    /// Takes the newest version that can be taken on to the public.
    fn publish(&mut self, url: &str) -> Option<()> {
        let base = format!("{url}/collections/ward_boundary/versions");
        let all = ask("GET", &base, &[], b"")?.json();
        let newest = all["versions"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|one| {
                ["draft", "submitted", "approved"].contains(&one["state"].as_str().unwrap_or(""))
            })
            .max_by_key(|one| one["version"].as_u64());
        let Some((number, state)) =
            newest.and_then(|one| Some((one["version"].as_u64()?, one["state"].as_str()?)))
        else {
            return Some(());
        };
        let from = ["draft", "submitted", "approved"]
            .iter()
            .position(|one| *one == state)
            .unwrap_or(0);
        for action in ["submit", "approve", "publish"].into_iter().skip(from) {
            let answer = ask(
                "POST",
                &format!("{base}/{number}/{action}"),
                &[JSON],
                br#"{"comment": "by a test that kills"}"#,
            )?;
            // Another of the same content may have become public meanwhile.
            if answer.status == 409 {
                return Some(());
            }
            assert_eq!(answer.status, 200, "{action} {number}: {}", answer.json());
            self.did(match action {
                "submit" => "submit",
                "approve" => "approve",
                _ => "publish",
            });
        }
        self.ledger.public = number;
        Some(())
    }
}

/// A delivery at its end; none when the server is gone.
pub(crate) fn ended(url: &str, id: &str) -> Option<Value> {
    let begun = Instant::now();
    loop {
        let answer = ask("GET", &format!("{url}/deliveries/{id}"), &[], b"")?;
        assert_eq!(answer.status, 200, "{id}: a delivery was lost");
        let delivery = answer.json();
        if ["judged", "failed", "cancelled"].contains(&delivery["state"].as_str().unwrap_or("")) {
            return Some(delivery);
        }
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "{id} never ends: {delivery}"
        );
        std::thread::sleep(Duration::from_millis(15));
    }
}

fn number(id: &str) -> u64 {
    id.trim_start_matches("d-").parse().expect("a number")
}

fn newest(ledger: &Ledger) -> u64 {
    let all = ledger.taken.keys().chain(ledger.uploads.keys());
    all.map(|id| number(id)).max().unwrap_or(0)
}

/// Everything that was answered for is there, and nothing is half-made.
fn look(url: &str, data: &Path, client: &Client, round: u32, all: bool) {
    // The older ones were looked at after many a kill before; now and then they are again.
    let from = if all {
        0
    } else {
        newest(&client.ledger).saturating_sub(40)
    };
    let recent = |id: &&String| number(id) >= from;
    for (id, hash) in client.ledger.taken.iter().filter(|(id, _)| recent(id)) {
        let delivery = ask("GET", &format!("{url}/deliveries/{id}"), &[], b"")
            .expect("answers")
            .json();
        assert_eq!(
            delivery["files"][0]["hash"],
            hash.as_str(),
            "round {round}: {delivery}"
        );
        assert_ne!(delivery["state"], "failed", "round {round}: {delivery}");
        let stored =
            fs::read(data.join(format!("deliveries/{id}/f0.geojson"))).expect("the file is there");
        assert_eq!(
            blake3::hash(&stored).to_hex().as_str(),
            hash,
            "round {round}: {id}"
        );
    }
    for (id, (offset, which)) in client.ledger.uploads.iter().filter(|(id, _)| recent(id)) {
        let stored =
            fs::read(data.join(format!("deliveries/{id}/f0.geojson"))).expect("the file is there");
        assert!(
            stored.len() as u64 >= *offset,
            "round {round}: {id} lost bytes"
        );
        assert_eq!(
            stored,
            client.files[*which].1[..stored.len()],
            "round {round}: {id}"
        );
    }
    // What is public is one whole version, and never an older one than was said.
    let items = ask(
        "GET",
        &format!("{url}/collections/ward_boundary/items?limit=1000"),
        &[],
        b"",
    )
    .expect("answers");
    if client.ledger.public > 0 {
        assert_eq!(items.status, 200, "round {round}");
        let items = items.json();
        assert_eq!(
            items["features"].as_array().map(Vec::len),
            Some(100),
            "round {round}"
        );
        let tale = |at: usize| {
            items["features"][at]["properties"]["name"]
                .as_str()
                .unwrap_or("")
                .split(' ')
                .nth(1)
                .unwrap_or("")
                .to_owned()
        };
        assert!(
            (0..100).all(|at| tale(at) == tale(0)),
            "round {round}: two versions in one answer"
        );
    }
}

#[test]
fn a_server_killed_at_any_moment_loses_nothing_it_answered_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let files: Vec<(PathBuf, Vec<u8>, Vec<u8>)> = ["one", "two"]
        .iter()
        .map(|tale| {
            let place = folder.path().join(tale);
            fs::create_dir(&place).expect("made");
            let path = city::wards(&place, 10, tale);
            let bytes = fs::read(&path).expect("read");
            let about = fs::read(place.join("ward_boundary.metadata.json")).expect("read");
            (path, bytes, about)
        })
        .collect();
    drop(Embedded::open(&data).expect("opens"));
    // Killed so often, any file would be given up.
    let settings = folder.path().join("parat.toml");
    fs::write(
        &settings,
        "[limits]\nattempts = 1000000\nunfinished_per_user = 1000000\nwaiting = 1000000\n",
    )
    .expect("written");
    let mut client = Client {
        files: &files,
        ledger: Ledger::default(),
    };
    let mut dice = Dice(0xdead_beef);
    let mut drafts_seen = 0;
    let rounds = times(8);
    for round in 0..rounds {
        let server = Server::with(&data, Some(&settings));
        look(&server.url, &data, &client, round, round % 50 == 0);
        let wait = Duration::from_millis(dice.below(1500));
        let first = dice.below(8);
        let dead = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let (url, client, dead_ref) = (server.url.clone(), &mut client, &dead);
            let work = scope.spawn(move || client.work(&url, first, dead_ref));
            std::thread::sleep(wait);
            dead.store(true, Ordering::Relaxed);
            // SIGKILL, as everything that ends a `Child`.
            drop(server);
            work.join().expect("no promise was broken");
        });
        let store = Embedded::open(&data).unwrap_or_else(|error| panic!("round {round}: {error}"));
        let ward = "ward_boundary".parse().expect("a name");
        for entry in store.versions(Some(&ward)).expect("listed") {
            let snapshot = store
                .load(&ward, Some(entry.version))
                .unwrap_or_else(|error| panic!("round {round}: {error}"));
            assert_eq!(snapshot.len() as u64, entry.features);
            drafts_seen += 1;
        }
        assert_eq!(
            first_broken(&store.journal(1_000_000).expect("read")),
            None,
            "round {round}"
        );
        assert_eq!(
            fs::read_dir(data.join("staging")).expect("there").count(),
            0,
            "round {round}"
        );
    }
    // At the end everything that came comes to its end: the uploads first, then their judging.
    let server = Server::with(&data, Some(&settings));
    look(&server.url, &data, &client, rounds, true);
    client.by_tus(&server.url, 0).expect("answers");
    let filter = JobFilter {
        limit: 1_000_000,
        ..JobFilter::default()
    };
    let list = Embedded::open(&data)
        .expect("opens")
        .jobs(&filter)
        .expect("listed");
    let mut ends: BTreeMap<String, u64> = BTreeMap::new();
    for delivery in list {
        let id = &delivery.id.to_string();
        // An upload of which the client never heard waits for bytes until it expires.
        if delivery.state == JobState::Receiving && !client.ledger.uploads.contains_key(id) {
            *ends.entry("never heard of".to_owned()).or_default() += 1;
            continue;
        }
        let end = ended(&server.url, id).expect("answers");
        assert!(
            end["state"] == "judged" || end["reason"].is_string(),
            "{end}"
        );
        assert_eq!(
            ask("GET", &format!("{}/reports/{id}", server.url), &[], b"")
                .expect("answers")
                .status,
            200
        );
        *ends
            .entry(end["state"].as_str().expect("a state").to_owned())
            .or_default() += 1;
    }
    assert_eq!(
        fs::read_dir(data.join("deliveries/work"))
            .expect("there")
            .count(),
        0
    );
    println!(
        "{rounds} kills; answered {:?}; ends {ends:?}; {drafts_seen} versions looked at",
        client.ledger.steps
    );
}

#[test]
fn a_file_that_stops_the_server_again_and_again_is_given_up_with_the_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let store = Embedded::open(&data).expect("opens");
    let job = |state: JobState, attempts: u32| Job {
        id: JobId(0),
        actor: "local".to_owned(),
        role: Role::DataOfficer,
        source: "test".to_owned(),
        via: Via::Form,
        state,
        files: vec![],
        ask: JobAsk::default(),
        remembered: None,
        asked_by: None,
        attempts,
        reason: None,
        reason_say: parat::model::Say::default(),
        passed_over: None,
        layers: vec![],
        expires_at: None,
        created_at: String::new(),
        updated_at: String::new(),
    };
    let worn = store.add_job(job(JobState::Checking, 3)).expect("kept").id;
    let cut = store.add_job(job(JobState::Receiving, 0)).expect("kept").id;
    drop(store);
    let server = Server::of(&data);
    for (id, words) in [(worn, "3 times"), (cut, "while the file was arriving")] {
        let end = ended(&server.url, &id.to_string()).expect("answers");
        assert_eq!(end["state"], "failed");
        assert!(
            end["reason"].as_str().expect("a reason").contains(words),
            "{end}"
        );
    }
}

/// A program that may be there; what is missing is said aloud.
fn installed(program: &str, arguments: &[&str]) -> bool {
    Command::new(program)
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

#[test]
fn two_real_tus_clients_break_off_and_go_on() {
    let script = |name: &str| format!("{}/tests/tus/{name}", env!("CARGO_MANIFEST_DIR"));
    let python = std::env::var("PARAT_TUS_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let clients: Vec<(String, String)> = [
        (
            "node".to_owned(),
            vec!["-e", "require('tus-js-client')"],
            "client.cjs",
        ),
        (python, vec!["-c", "import tusclient"], "client.py"),
    ]
    .into_iter()
    .filter(|(program, probe, name)| {
        let there = installed(program, probe);
        if !there {
            println!("skipped: the tus client of {name} (not installed)");
        }
        there
    })
    .map(|(program, _, name)| (program, script(name)))
    .collect();
    if clients.is_empty() {
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    drop(Embedded::open(&data).expect("opens"));
    let file = city::wards(folder.path(), 30, "tus");
    let server = Server::of(&data);
    for (program, script) in clients {
        let done = Command::new(&program)
            .arg(&script)
            .arg(&server.url)
            .arg(&file)
            .output()
            .expect("the client starts");
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(
            done.status.success(),
            "{script}: {said} {}",
            String::from_utf8_lossy(&done.stderr)
        );
        let told: Value =
            serde_json::from_str(said.trim().lines().last().expect("a line")).expect("JSON");
        let end =
            ended(&server.url, told["delivery"].as_str().expect("a delivery")).expect("answers");
        assert_eq!(end["state"], "judged", "{end}");
        let hash = blake3::hash(&fs::read(&file).expect("read"))
            .to_hex()
            .to_string();
        assert_eq!(end["files"][0]["hash"], hash.as_str());
        println!("{program}: {said}");
    }
}
