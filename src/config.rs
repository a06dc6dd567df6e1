//! Every setting, read once. Unknown keys are refused, so that a misspelt one is noticed.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use serde::Deserialize;

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
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data: PathBuf::from("parat-data"),
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            standards: None,
            city: None,
            permits: 0,
            queue: 256,
            patience_ms: 2_000,
            reader_memory_mib: 6 << 10,
            reader_wall_s: 600,
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
