//! Every setting, read once. Unknown keys are refused, so that a misspelt one is noticed.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// Why the settings could not be had.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the settings file {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file says something that Parat does not know.
    #[error("{path}: {detail}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// What is wrong and where.
        detail: String,
    },
}

/// Every setting of a running Parat.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The data folder: versions and catalogue.
    pub data: PathBuf,
    /// Where the server listens. Loopback unless someone says otherwise.
    pub listen: SocketAddr,
    /// A folder of standards to use in place of the built-in ones.
    pub standards: Option<PathBuf>,
    /// What the city is called, where no published boundary says it.
    pub city: Option<String>,
    /// The folder of fonts that labels are written with, in place of those where systems keep them; the
    /// environment variable `PARAT_FONTS` says the same.
    pub fonts: Option<PathBuf>,
    /// How many computations run at once; 0 takes one for each core.
    pub permits: usize,
    /// How many requests may wait for a permit. One more is told to come again.
    pub queue: usize,
    /// How long a request waits for a permit before it is told to come again, in milliseconds.
    pub patience_ms: u64,
    /// Address space of the child that reads files, in MiB.
    pub reader_memory_mib: u64,
    /// Seconds on the clock that the child may take for one file.
    pub reader_wall_s: u64,
    /// Seconds of a processor that the child may take for the largest files.
    pub reader_cpu_s: u64,
    /// The same for a file of no size, so that a small one that never ends does not hold a place for long.
    pub reader_cpu_small_s: u64,
    /// How many more it may take for each MiB of the file, up to `reader_cpu_s`.
    pub reader_cpu_a_mib_s: u64,
    /// What deliveries over HTTP may be.
    pub limits: Limits,
}

/// What deliveries may be. Every limit has a name: it stands in the settings, in `/accepted-inputs`, and in
/// the answer to who goes beyond it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Bytes of one delivery, all its files together.
    pub upload_bytes: u64,
    /// Bytes of all members of an archive together, unpacked.
    pub inflated_bytes: u64,
    /// Entries of an archive, folders included.
    pub archive_entries: usize,
    /// How often larger than its packed bytes a member of an archive may be.
    pub archive_ratio: u64,
    /// The same for formats that are text.
    pub archive_ratio_text: u64,
    /// Layers of one file or archive.
    pub file_layers: usize,
    /// Files of one delivery that are sent loose.
    pub upload_files: usize,
    /// Parts of a form, values and files together.
    pub form_parts: usize,
    /// Bytes of a form's part that is no file, such as the metadata.
    pub form_value_bytes: usize,
    /// Bytes of the headers of one part of a form.
    pub form_header_bytes: usize,
    /// Requests with bytes that one person may have under way at once.
    pub uploads_per_user: u64,
    /// Uploads that one person may have begun and not finished.
    pub unfinished_per_user: u64,
    /// Seconds after which an upload that was not finished is removed.
    pub upload_expires_s: u64,
    /// Seconds without a byte after which a request that sends bytes is ended.
    pub silence_s: u64,
    /// Deliveries that wait to be judged.
    pub waiting: usize,
    /// Deliveries that are judged at once.
    pub judging: usize,
    /// How often the judging of a delivery is begun before it is given up, where the server stopped each time.
    pub attempts: u32,
    /// Who listens to the events of deliveries at once.
    pub listeners: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            upload_bytes: 2 << 30,
            inflated_bytes: 8 << 30,
            archive_entries: 10_000,
            archive_ratio: 200,
            archive_ratio_text: 1000,
            file_layers: 200,
            upload_files: 64,
            form_parts: 200,
            form_value_bytes: 1 << 20,
            form_header_bytes: 16 << 10,
            uploads_per_user: 3,
            unfinished_per_user: 20,
            upload_expires_s: 7 * 24 * 3600,
            silence_s: 30,
            waiting: 100,
            judging: 2,
            attempts: 3,
            listeners: 256,
        }
    }
}

impl Limits {
    /// What each limit holds, for people.
    pub const WORDS: [(&'static str, &'static str); 18] = [
        (
            "upload_bytes",
            "bytes of one delivery, all its files together",
        ),
        (
            "inflated_bytes",
            "bytes of all members of an archive together, unpacked",
        ),
        ("archive_entries", "entries of an archive, folders included"),
        (
            "archive_ratio",
            "how often larger than its packed bytes a member of an archive may be",
        ),
        (
            "archive_ratio_text",
            "the same for formats that are text: GeoJSON, KML, GML, CSV",
        ),
        ("file_layers", "layers of one file or archive"),
        ("upload_files", "files of one delivery that are sent loose"),
        ("form_parts", "parts of a form, values and files together"),
        ("form_value_bytes", "bytes of a form's part that is no file"),
        (
            "form_header_bytes",
            "bytes of the headers of one part of a form",
        ),
        (
            "uploads_per_user",
            "requests with bytes that one person may have under way at once",
        ),
        (
            "unfinished_per_user",
            "uploads that one person may have begun and not finished",
        ),
        (
            "upload_expires_s",
            "seconds after which an upload that was not finished is removed",
        ),
        (
            "silence_s",
            "seconds without a byte after which a request that sends bytes is ended",
        ),
        ("waiting", "deliveries that wait to be judged"),
        ("judging", "deliveries that are judged at once"),
        (
            "attempts",
            "how often a judging is begun where the server stopped each time",
        ),
        (
            "listeners",
            "who listens to the events of deliveries at once",
        ),
    ];
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("parat-data"),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            standards: None,
            city: None,
            fonts: std::env::var_os("PARAT_FONTS").map(PathBuf::from),
            permits: 0,
            queue: 256,
            patience_ms: 2_000,
            reader_memory_mib: 6 << 10,
            reader_wall_s: 600,
            reader_cpu_s: 300,
            reader_cpu_small_s: 60,
            reader_cpu_a_mib_s: 5,
            limits: Limits::default(),
        }
    }
}

impl Config {
    /// The settings of a TOML file; what it does not say keeps its default.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
            path: path.to_owned(),
            source,
        })?;
        toml::from_str(&text).map_err(|error| ConfigError::Parse {
            path: path.to_owned(),
            detail: error.to_string(),
        })
    }

    /// The default settings with this data folder.
    pub fn with_data(data: impl Into<PathBuf>) -> Self {
        Self {
            data: data.into(),
            ..Self::default()
        }
    }

    /// How many computations run at once.
    pub fn permits(&self) -> usize {
        match self.permits {
            0 => std::thread::available_parallelism().map_or(2, std::num::NonZero::get),
            some => some,
        }
    }

    /// How long a request waits for a permit.
    pub fn patience(&self) -> Duration {
        Duration::from_millis(self.patience_ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_refused_and_a_missing_one_keeps_its_default() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("parat.toml");
        std::fs::write(&file, "permits = 3\nlisten = \"127.0.0.1:9\"\n").expect("written");
        let config = Config::load(&file).expect("good settings");
        assert_eq!((config.permits(), config.queue), (3, 256));
        std::fs::write(&file, "permit = 3\n").expect("written");
        let error = Config::load(&file).expect_err("refused").to_string();
        assert!(
            error.contains("permit") && error.contains("parat.toml"),
            "{error}"
        );
    }
}
