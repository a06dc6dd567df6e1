//! The child process that reads strangers' files: limits, sandbox, and what goes over the pipe.
//!
//! GDAL and the parsers under it are large, old and written in C and C++. So the serving process never
//! calls them: it starts its own program as `__read`, gives it one job over standard input and a folder,
//! and takes plain columns back over a pipe. Whatever the file does to the child — crash
//! it, fill its memory, keep it busy — is one error here and touches nothing else.

mod desk;
mod outlet;
mod protocol;
mod sandbox;
mod sheet;
mod wire;

use std::{
    fs::File,
    io::{BufRead, Read, Write},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::Mutex,
    time::{Duration, Instant},
};

use crate::{
    indicator::Sheet,
    read::{Delivery, ReadOptions, Refused},
};
pub use desk::{Cancel, Desk, sweep};
use outlet::Pipe;
use protocol::{Answer, Job};
use wire::Wire;

/// The hidden subcommand.
pub const SUBCOMMAND: &str = "__read";

/// What the child may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Address space in bytes.
    pub memory: u64,
    /// Processor seconds for the largest files; see [`Limits::cpu_for`].
    pub cpu_s: u64,
    /// Processor seconds for a file of no size, and how many more for each MiB. The slowest honest format, GML
    /// under GDAL, takes a third of a second a MiB; a small file that needs longer was made to.
    pub cpu_small_s: u64,
    /// See `cpu_small_s`.
    pub cpu_a_mib_s: u64,
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
            cpu_small_s: 60,
            cpu_a_mib_s: 5,
            file: 8 << 30,
            wall_s: 600,
        }
    }
}

impl Limits {
    /// Processor seconds for a file of so many bytes: a small one that never ends must not hold a place for as
    /// long as a large one may.
    pub fn cpu_for(&self, bytes: u64) -> u64 {
        self.cpu_s
            .min(self.cpu_small_s + self.cpu_a_mib_s * (bytes >> 20))
    }
}

/// Why the child gave no delivery. Most of these say something about the file; [`WorkerError::refused`]
/// tells which, in words for the sender.
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
    /// Whoever asked no longer wants it.
    #[error("the reading was called off")]
    Cancelled,
}

impl WorkerError {
    /// The same as a refusal of `member`, where the file is the cause; none where the machine, the
    /// installation or the caller is.
    pub fn refused(&self, member: &str) -> Option<Refused> {
        let (code, remedy) = match self {
            Self::Start(_) | Self::Read(_) | Self::Protocol(_) | Self::Cancelled => return None,
            Self::Crashed { .. } => (
                "crashed",
                "check that the file opens in QGIS and export it again in another format; please report it to us",
            ),
            Self::OutOfMemory { .. } | Self::TooLarge { .. } => {
                ("too_large", "send the layer in smaller pieces")
            }
            Self::TimedOut { .. } => ("timed_out", "send the layer in smaller pieces"),
        };
        Some(Refused::new(member, code, self.to_string(), remedy))
    }
}

static PROGRAM: Mutex<Option<PathBuf>> = Mutex::new(None);

/// Sets the program that is run as `PROGRAM __read`. Without it: the environment's `PARAT_WORKER`, else
/// this very program, else, in a test binary, the `parat` that was built beside it.
pub fn set_program(program: PathBuf) {
    *PROGRAM
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(program);
}

fn program() -> std::io::Result<PathBuf> {
    if let Some(set) = PROGRAM
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .clone()
    {
        return Ok(set);
    }
    if let Some(named) = std::env::var_os("PARAT_WORKER") {
        return Ok(named.into());
    }
    let own = std::env::current_exe()?;
    // Cargo puts test binaries into deps/ and the program one folder up.
    let beside = own
        .parent()
        .filter(|folder| folder.ends_with("deps"))
        .and_then(Path::parent)
        .map(|folder| folder.join("parat"));
    Ok(beside.filter(|program| program.is_file()).unwrap_or(own))
}

/// Reads a file, a folder or an archive in a child process under limits.
pub fn read(path: &Path, options: &ReadOptions, limits: &Limits) -> Result<Delivery, WorkerError> {
    read_at(&Desk::default(), path, options, limits)
}

/// [`read`] at a desk: in a folder of the caller's, and to be called off at any moment.
pub fn read_at(
    desk: &Desk,
    path: &Path,
    options: &ReadOptions,
    limits: &Limits,
) -> Result<Delivery, WorkerError> {
    run(
        desk,
        path,
        options,
        limits,
        false,
        |answer| match protocol::read(answer).map_err(WorkerError::Protocol)? {
            Answer::Delivery(delivery) => Ok(delivery),
            Answer::Failed(text) => Err(WorkerError::Read(text)),
        },
    )
}

/// Reads a table of indicator values, text or a workbook, in a child process under limits.
pub fn read_sheet(desk: &Desk, path: &Path, limits: &Limits) -> Result<Sheet, WorkerError> {
    run(
        desk,
        path,
        &ReadOptions::default(),
        limits,
        true,
        |answer| sheet::read(answer).map_err(WorkerError::Protocol)?,
    )
}

/// Starts a child on one job, waits for its end, and has its answer taken.
fn run<T>(
    desk: &Desk,
    path: &Path,
    options: &ReadOptions,
    limits: &Limits,
    sheet: bool,
    take: impl FnOnce(&mut Wire<'_>) -> Result<T, WorkerError>,
) -> Result<T, WorkerError> {
    let path = std::fs::canonicalize(path)
        .map_err(|error| WorkerError::Read(format!("cannot read {}: {error}", path.display())))?;
    let limits = Limits {
        cpu_s: match std::fs::metadata(&path) {
            Ok(about) if about.is_file() => limits.cpu_for(about.len()),
            _ => limits.cpu_s,
        },
        ..limits.clone()
    };
    let laid = desk.lay().map_err(WorkerError::Start)?;
    let folder = laid.path();
    let work = folder.join("work");
    std::fs::create_dir(&work).map_err(WorkerError::Start)?;
    let job = Job {
        path,
        options: options.clone(),
        sheet,
        folder: folder.to_owned(),
        memory: limits.memory,
        cpu_s: limits.cpu_s,
        file: limits.file,
    };
    let complaints = folder.join("complaints");
    let (answer, to_us) = std::io::pipe().map_err(WorkerError::Start)?;
    let mut command = Command::new(program().map_err(WorkerError::Start)?);
    command
        .arg(SUBCOMMAND)
        .env_clear()
        .env("TMPDIR", &work)
        .env("LC_ALL", "C.UTF-8")
        .current_dir(&work)
        .stdin(Stdio::piped())
        .stdout(to_us)
        .stderr(File::create(&complaints).map_err(WorkerError::Start)?);
    for name in sandbox::FOLDERS {
        if let Some(value) = std::env::var_os(name) {
            command.env(name, value);
        }
    }
    let mut child = Guard(command.spawn().map_err(WorkerError::Start)?);
    // Our copy of the child's end goes with the command: only so does the child's end end the answer.
    drop(command);
    // It stays open while we wait: the child ends when it closes, so none outlives a parent that was killed.
    let mut asks = child.0.stdin.take();
    let mut line = serde_json::to_vec(&job).map_err(|error| WorkerError::Start(error.into()))?;
    line.push(b'\n');
    // A child that dies at once breaks the line; how it died says more than that.
    let _ = asks.as_mut().map(|asks| asks.write_all(&line));
    let mut wire = Wire::new(answer, &limits, &desk.cancel).map_err(WorkerError::Start)?;
    let taken = take(&mut wire);
    if let Some(why) = wire.stopped() {
        return Err(why);
    }
    if taken.is_err() {
        // It said what is no answer, or died while it spoke. Who is dead is so within a moment.
        let patience = Instant::now() + DYING;
        while child.status()?.is_none() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
        return match child.status()? {
            Some(status) if !status.success() => Err(how_it_died(status, &complaints, &limits)),
            _ => taken,
        };
    }
    let status = child.wait(&wire)?;
    if !status.success() {
        return Err(how_it_died(status, &complaints, &limits));
    }
    taken
}

/// How long a child that gave no answer is given to be dead.
const DYING: Duration = Duration::from_secs(2);

/// A child that is killed when it is no longer waited for.
struct Guard(Child);

impl Drop for Guard {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Guard {
    fn status(&mut self) -> Result<Option<ExitStatus>, WorkerError> {
        self.0.try_wait().map_err(WorkerError::Start)
    }

    /// Waits for the end of a child that has given its answer, which only has to put its memory away.
    fn wait(&mut self, wire: &Wire<'_>) -> Result<ExitStatus, WorkerError> {
        loop {
            if let Some(status) = self.status()? {
                return Ok(status);
            }
            wire.check()?;
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

fn how_it_died(status: ExitStatus, complaints: &Path, limits: &Limits) -> WorkerError {
    let mut said = vec![];
    if let Ok(file) = File::open(complaints) {
        let _ = file.take(64 << 10).read_to_end(&mut said);
    }
    let said = String::from_utf8_lossy(&said);
    let memory = [
        "memory allocation of",
        "bad_alloc",
        "Out of memory",
        "Cannot allocate memory",
    ];
    if memory.iter().any(|words| said.contains(words)) {
        return WorkerError::OutOfMemory {
            limit_mib: limits.memory >> 20,
        };
    }
    match status.signal() {
        Some(libc::SIGXCPU) => WorkerError::TimedOut {
            seconds: limits.cpu_s,
        },
        Some(libc::SIGXFSZ) => WorkerError::TooLarge {
            limit_mib: limits.file >> 20,
        },
        Some(signal) => WorkerError::Crashed {
            how: format!("signal {signal}"),
        },
        None => {
            tracing::warn!(code = status.code(), said = %said.chars().take(2000).collect::<String>(), "the reader failed");
            WorkerError::Crashed {
                how: format!("exit code {}", status.code().unwrap_or(-1)),
            }
        }
    }
}

/// What `parat __read` does: one job from standard input, the answer back over standard output. False where no
/// whole answer went back. The process must end with it, and at once.
pub fn child_main() -> bool {
    let Ok(back) = Pipe::take() else {
        return false;
    };
    let mut line = String::new();
    if std::io::stdin().lock().read_line(&mut line).is_err() {
        return false;
    }
    let Ok(job) = serde_json::from_str::<Job>(&line) else {
        return false;
    };
    let missing = match sandbox::enter(&job) {
        Ok(missing) => missing,
        Err(text) => return finish(back, Answer::Failed(text)),
    };
    // After the sandbox, so that this thread is inside it too.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(1);
    });
    if job.sheet {
        return sheet::write(&job.path, back).is_ok();
    }
    let answer = match crate::read::layers(&job.path, &job.options) {
        Ok(mut delivery) => {
            if !missing.is_empty() {
                delivery.notes.push(crate::model::Note {
                    kind: "sandbox_incomplete".to_owned(),
                    text: format!("the reader ran with limits, but {}", missing.join("; ")),
                    ..crate::model::Note::default()
                });
            }
            Answer::Delivery(delivery)
        }
        Err(error) => {
            let cause = std::error::Error::source(&error)
                .map(|cause| format!(": {cause}"))
                .unwrap_or_default();
            Answer::Failed(format!("{error}{cause}"))
        }
    };
    finish(back, answer)
}

fn finish(mut back: Pipe, answer: Answer) -> bool {
    let is_whole = protocol::write(&mut back, &answer).is_ok();
    // Its pages may still lie in the pipe.
    std::mem::forget(answer);
    is_whole
}
