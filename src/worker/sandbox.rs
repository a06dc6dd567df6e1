//! What the child may not do, told to the kernel before it looks at a stranger's byte: use more than its
//! share, open files that are not its job, speak to anyone, start a program.
//!
//! Limits hold on every kernel. Landlock and seccomp depend on the kernel and on what a container allows,
//! so what is not enforced is said and never relied on alone.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use landlock::{
    ABI, Access, AccessFs, AccessNet, Ruleset, RulesetAttr, RulesetCreatedAttr, RulesetStatus,
    path_beneath_rules,
};
use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};

use super::protocol::Job;

/// Where GDAL, PROJ and the loader keep their libraries and data.
const SYSTEM: &[&str] = &[
    "/usr/lib",
    "/usr/lib64",
    "/lib",
    "/lib64",
    "/usr/local/lib",
    "/usr/share",
    "/usr/local/share",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/urandom",
];

/// Variables that name further folders of libraries or data.
pub(super) const FOLDERS: &[&str] = &["GDAL_DATA", "PROJ_DATA", "PROJ_LIB", "LD_LIBRARY_PATH"];

/// The newest Landlock that the rules here were written for; the kernel takes what it knows of it.
const ABI_WANTED: ABI = ABI::V5;

/// Shuts this process in. Gives what could not be enforced, in words.
pub(super) fn enter(job: &Job) -> Result<Vec<String>, String> {
    limits(job).map_err(|error| format!("the limits of the reader cannot be set ({error})"))?;
    let mut missing = vec![];
    match files(job) {
        Ok(RulesetStatus::FullyEnforced) => {}
        Ok(RulesetStatus::PartiallyEnforced) => {
            missing.push("landlock is enforced in part".to_owned());
        }
        Ok(RulesetStatus::NotEnforced) => missing.push("landlock is not enforced".to_owned()),
        Err(error) => missing.push(format!("landlock is not enforced ({error})")),
    }
    if let Err(error) = calls() {
        missing.push(format!("seccomp is not enforced ({error})"));
    }
    Ok(missing)
}

fn limits(job: &Job) -> std::io::Result<()> {
    use rlimit::Resource;
    Resource::AS.set(job.memory, job.memory)?;
    // The soft limit sends SIGXCPU, which tells the parent why; the hard one kills for certain.
    Resource::CPU.set(job.cpu_s, job.cpu_s + 5)?;
    Resource::FSIZE.set(job.file, job.file)?;
    Resource::CORE.set(0, 0)?;
    Resource::NOFILE.set(256, 256)
}

fn files(job: &Job) -> Result<RulesetStatus, landlock::RulesetError> {
    let read = AccessFs::from_read(ABI_WANTED);
    let system = SYSTEM.iter().map(PathBuf::from);
    let named = FOLDERS
        .iter()
        .filter_map(std::env::var_os)
        .flat_map(|paths| std::env::split_paths(&paths).collect::<Vec<_>>());
    let mut ruleset = Ruleset::default()
        .handle_access(AccessFs::from_all(ABI_WANTED))?
        .handle_access(AccessNet::BindTcp | AccessNet::ConnectTcp)?
        .create()?
        .add_rules(path_beneath_rules(system.chain(named), read))?
        .add_rules(path_beneath_rules(
            [&job.folder],
            AccessFs::from_all(ABI_WANTED),
        ))?
        .add_rules(path_beneath_rules(
            inputs(&job.path),
            AccessFs::ReadFile | AccessFs::ReadDir,
        ))?;
    if let Some(folder) = job.path.parent().filter(|_| is_shapefile(&job.path)) {
        // Which parts a bare shapefile has is seen by listing its folder; their bytes are allowed by name.
        ruleset = ruleset.add_rules(path_beneath_rules([folder], AccessFs::ReadDir))?;
    }
    Ok(ruleset.restrict_self()?.ruleset)
}

fn is_shapefile(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("shp"))
}

/// The file or folder of the job, and what belongs to a bare shapefile.
fn inputs(path: &Path) -> Vec<PathBuf> {
    let mut found = vec![path.to_owned()];
    if let (true, Some(folder), Some(stem)) = (is_shapefile(path), path.parent(), path.file_stem())
    {
        let stem = stem.to_string_lossy().to_lowercase();
        for entry in std::fs::read_dir(folder)
            .into_iter()
            .flatten()
            .take(10_000)
            .flatten()
        {
            let name = entry.file_name().to_string_lossy().to_lowercase();
            if name
                .strip_prefix(&stem)
                .is_some_and(|rest| rest.starts_with('.'))
            {
                found.push(entry.path());
            }
        }
    }
    found
}

/// Calls that reading a file never needs: the network, other programs, other processes, the kernel itself.
fn calls() -> Result<(), Box<dyn std::error::Error>> {
    let forbidden = [
        libc::SYS_socket,
        libc::SYS_socketpair,
        libc::SYS_connect,
        libc::SYS_bind,
        libc::SYS_listen,
        libc::SYS_accept,
        libc::SYS_accept4,
        libc::SYS_sendto,
        libc::SYS_sendmsg,
        libc::SYS_sendmmsg,
        libc::SYS_execve,
        libc::SYS_execveat,
        libc::SYS_ptrace,
        libc::SYS_process_vm_readv,
        libc::SYS_process_vm_writev,
        libc::SYS_mount,
        libc::SYS_umount2,
        libc::SYS_pivot_root,
        libc::SYS_chroot,
        libc::SYS_unshare,
        libc::SYS_setns,
        libc::SYS_bpf,
        libc::SYS_keyctl,
        libc::SYS_add_key,
        libc::SYS_request_key,
        libc::SYS_perf_event_open,
        libc::SYS_userfaultfd,
        libc::SYS_io_uring_setup,
        libc::SYS_kexec_load,
        libc::SYS_init_module,
        libc::SYS_finit_module,
        libc::SYS_kill,
    ];
    let rules: BTreeMap<i64, Vec<seccompiler::SeccompRule>> =
        forbidden.into_iter().map(|call| (call, vec![])).collect();
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(libc::EPERM as u32),
        std::env::consts::ARCH.try_into()?,
    )?;
    let program: BpfProgram = filter.try_into()?;
    Ok(seccompiler::apply_filter(&program)?)
}
