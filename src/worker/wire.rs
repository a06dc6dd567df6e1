//! The answer on its way: a stream from a child that may hang, lie or die at any byte.
//!
//! It comes through a pipe, in pages that the child has laid there ([`super::outlet`]).

use std::{
    io::{self, PipeReader, Read},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::ioctl_fionbio,
    pipe::fcntl_setpipe_size,
};

use super::{Cancel, Limits, WorkerError};

/// How long one wait for bytes lasts before we look whether to go on.
const LOOK: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 20_000_000,
};
/// Bytes on their way at once: what one turn of child and parent carries. The most that a system gives to anyone.
const HOLDS: usize = 1 << 20;

/// The parent's end, read within the limits of the job.
pub(super) struct Wire<'a> {
    pipe: PipeReader,
    begun: Instant,
    limits: &'a Limits,
    cancel: &'a Cancel,
    /// Bytes that may still come: a child cannot have built an answer larger than its own memory.
    left: u64,
    /// Why no more is read.
    stopped: Option<WorkerError>,
}

impl<'a> Wire<'a> {
    pub(super) fn new(
        pipe: PipeReader,
        limits: &'a Limits,
        cancel: &'a Cancel,
    ) -> io::Result<Self> {
        ioctl_fionbio(&pipe, true)?;
        // With less room the turns are shorter.
        fcntl_setpipe_size(&pipe, HOLDS).ok();
        Ok(Self {
            pipe,
            begun: Instant::now(),
            limits,
            cancel,
            left: limits.file.min(limits.memory),
            stopped: None,
        })
    }

    /// An error when the job is no longer wanted or has lasted too long.
    pub(super) fn check(&self) -> Result<(), WorkerError> {
        if self.cancel.is_called_off() {
            return Err(WorkerError::Cancelled);
        }
        if self.begun.elapsed() >= Duration::from_secs(self.limits.wall_s) {
            return Err(WorkerError::TimedOut {
                seconds: self.limits.wall_s,
            });
        }
        Ok(())
    }

    /// Why reading was stopped from this side, if it was.
    pub(super) fn stopped(&mut self) -> Option<WorkerError> {
        self.stopped.take()
    }

    fn stop(&mut self, why: WorkerError) -> io::Error {
        self.stopped = Some(why);
        io::Error::other("reading was stopped")
    }
}

impl Read for Wire<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.pipe.read(into) {
                Ok(count) if count as u64 > self.left => {
                    let limit_mib = self.limits.file.min(self.limits.memory) >> 20;
                    return Err(self.stop(WorkerError::TooLarge { limit_mib }));
                }
                Ok(count) => {
                    self.left -= count as u64;
                    return Ok(count);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    if let Err(why) = self.check() {
                        return Err(self.stop(why));
                    }
                    match poll(&mut [PollFd::new(&self.pipe, PollFlags::IN)], Some(&LOOK)) {
                        Ok(_) | Err(rustix::io::Errno::INTR) => {}
                        Err(error) => return Err(error.into()),
                    }
                }
                Err(error) => return Err(error),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn limits(file: u64, wall_s: u64) -> Limits {
        Limits {
            file,
            wall_s,
            ..Limits::default()
        }
    }

    #[test]
    fn a_child_that_says_nothing_or_too_much_or_is_no_longer_wanted_is_not_waited_for() {
        let never = Cancel::default();
        let (near, mut far) = io::pipe().unwrap();
        let short = limits(4, 3600);
        let mut wire = Wire::new(near, &short, &never).unwrap();
        far.write_all(b"12345").unwrap();
        assert!(wire.read_exact(&mut [0; 5]).is_err());
        assert!(matches!(
            wire.stopped(),
            Some(WorkerError::TooLarge { limit_mib: 0 })
        ));

        let (near, _far) = io::pipe().unwrap();
        let at_once = limits(100, 0);
        let mut wire = Wire::new(near, &at_once, &never).unwrap();
        assert!(wire.read(&mut [0]).is_err());
        assert!(matches!(
            wire.stopped(),
            Some(WorkerError::TimedOut { seconds: 0 })
        ));

        let (near, far) = io::pipe().unwrap();
        let gone = Cancel::default();
        gone.call_off();
        let long = limits(100, 3600);
        let mut wire = Wire::new(near, &long, &gone).unwrap();
        assert!(wire.read(&mut [0]).is_err());
        assert!(matches!(wire.stopped(), Some(WorkerError::Cancelled)));
        // An end is an end, whose reason is the child's.
        drop(far);
        assert_eq!(wire.read(&mut [0]).unwrap(), 0);
        assert!(wire.stopped().is_none());
    }
}
