//! A running `parat serve` on a free port, stopped when it is dropped.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    time::Duration,
};

/// A running server.
pub(crate) struct Server {
    child: Child,
    /// Where it listens, without a slash at the end.
    pub(crate) url: String,
}

impl Server {
    /// Serves what is published in a folder.
    pub(crate) fn of(data: &Path) -> Self {
        Self::with(data, None)
    }

    /// The same with a file of settings.
    pub(crate) fn with(data: &Path, settings: Option<&Path>) -> Self {
        Self::start(data, settings, &[])
    }

    /// Begins with nothing published.
    pub(crate) fn new(data: &Path) -> Self {
        Self::start(data, None, &["--new"])
    }

    fn start(data: &Path, settings: Option<&Path>, more: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_parat"));
        if let Some(settings) = settings {
            command.arg("--config").arg(settings);
        }
        let mut child = command
            .arg("serve")
            .args(more)
            .args(["--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let out = child.stdout.take().expect("piped");
        let url = BufReader::new(out)
            .lines()
            .map_while(Result::ok)
            .find_map(|line| {
                Some(
                    line.split_once("http://")?
                        .1
                        .trim_end_matches('/')
                        .to_owned(),
                )
            })
            .map(|address| format!("http://{address}"));
        let Some(url) = url else {
            let mut log = String::new();
            child
                .stderr
                .take()
                .expect("piped")
                .read_to_string(&mut log)
                .ok();
            panic!("the server told no address: {log}");
        };
        Self { child, url }
    }

    /// Tells it to stop, as a service manager does, and waits for the end.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").args(["-TERM", &pid]).status();
        assert!(told.expect("ran").success());
        self.child.wait().expect("it ends")
    }

    /// The most memory it has held at any moment, in MiB.
    pub(crate) fn peak_mib(&self) -> u64 {
        let said =
            std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("it runs");
        let peak = said.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let peak = peak.and_then(|peak| peak.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak.expect("a number") >> 10
    }

    /// The body of a path as JSON.
    pub(crate) fn json(&self, path: &str) -> serde_json::Value {
        ureq::get(format!("{}{path}", self.url))
            .config()
            .timeout_global(Some(Duration::from_secs(30)))
            .build()
            .call()
            .unwrap_or_else(|error| panic!("{path}: {error}"))
            .body_mut()
            .read_json()
            .unwrap_or_else(|error| panic!("{path}: {error}"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}
