//! A server that is told to stop ends well, whatever its threads are at in that moment.

use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};

use super::{deliveries::ask, form::form, server::Server};

/// Layers in a projected system: judging them opens ways of PROJ, which the end of a thread or of the process
/// must not take apart under another's hands.
const FILES: [&str; 3] = ["land_use.zip", "roads.gpkg", "street_lights.zip"];

#[test]
fn a_server_told_to_stop_while_or_just_after_it_judges_ends_well() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/demo");
    let files = FILES.map(|name| fs::read(demo.join(name)).expect("the demo's files"));
    for round in 0..8 {
        let folder = tempfile::tempdir().expect("a folder");
        let server = Server::new(folder.path());
        let url = &server.url;
        for (name, bytes) in FILES.iter().zip(&files) {
            let body = form(&[("file", Some(name), bytes)]);
            let kind = ("content-type", "multipart/form-data; boundary=QQ");
            let answer = ask("POST", &format!("{url}/deliveries"), &[kind], &body);
            assert_eq!(answer.map(|answer| answer.status), Some(202), "{name}");
        }
        // Every other round in the midst of it.
        if round % 2 == 0 {
            wait(&server);
        }
        let ended = server.stop();
        assert_eq!(ended.code(), Some(0), "round {round}: {ended}");
    }
}

/// Waits until all files are judged.
fn wait(server: &Server) {
    let begun = Instant::now();
    loop {
        let all = server.json("/deliveries");
        let all = all["deliveries"].as_array().expect("a list");
        if all.len() == FILES.len() && all.iter().all(|one| one["state"] == "judged") {
            return;
        }
        assert!(begun.elapsed() < Duration::from_mins(2), "{all:#?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
