//! The child's end of the answer: a pipe that long arrays are laid into as the pages they are, not copied.
//!
//! A hundred megabytes written to a socket or a file are copied twice, through pages that the kernel has to find
//! and to clear for them: a tenth of the processor time of the whole way in. Pages that are laid into a pipe are
//! copied once, by the parent, to where they stay.

use std::{
    fs::{File, OpenOptions},
    io::{self, Write},
    os::fd::AsFd,
};

use rustix::pipe::{IoSliceRaw, SpliceFlags, vmsplice};

/// From so many bytes on an array is laid; a short one is as quickly copied.
const LAID: usize = 64 << 10;

/// Where an answer goes.
pub(super) trait Outlet: Write {
    /// Writes an array that stays as it is until this process has ended: its pages may be read long after this
    /// has come back.
    fn lay(&mut self, array: &[u8]) -> io::Result<()> {
        self.write_all(array)
    }
}

impl Outlet for Vec<u8> {}

/// The pipe to the parent.
pub(super) struct Pipe {
    pipe: File,
    /// False where the system cannot lay pages into pipes.
    lays: bool,
}

impl Pipe {
    /// Takes what the process was started with as standard output, and leaves nothing there: what a library prints
    /// must not come between.
    pub(super) fn take() -> io::Result<Self> {
        let pipe = io::stdout().as_fd().try_clone_to_owned()?;
        let nothing = OpenOptions::new().write(true).open("/dev/null")?;
        rustix::stdio::dup2_stdout(&nothing)?;
        Ok(Self::new(pipe.into()))
    }

    fn new(pipe: File) -> Self {
        Self { pipe, lays: true }
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.pipe.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Outlet for Pipe {
    fn lay(&mut self, mut array: &[u8]) -> io::Result<()> {
        while self.lays && array.len() >= LAID {
            #[expect(unsafe_code, reason = "the kernel takes pages, not a slice")]
            // SAFETY: the kernel only reads the bytes, and keeps their pages for as long as it may.
            let laid = unsafe {
                vmsplice(
                    &self.pipe,
                    &[IoSliceRaw::from_slice(array)],
                    SpliceFlags::empty(),
                )
            };
            match laid.map_err(io::Error::from) {
                Ok(0) => self.lays = false,
                Ok(count) => array = &array[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Err(error),
                Err(_not_here) => self.lays = false,
            }
        }
        self.pipe.write_all(array)
    }
}

#[cfg(test)]
mod tests {
    use std::{io::Read as _, os::fd::OwnedFd};

    use super::*;

    #[test]
    fn what_is_written_and_laid_comes_in_order_whether_or_not_pages_can_be_laid() {
        let array: Vec<u32> = (0..1_000_003).collect();
        let bytes: &[u8] = bytemuck::cast_slice(&array);
        let short = &bytes[1..LAID];
        for lays in [true, false] {
            let (mut from, to) = io::pipe().expect("a pipe");
            let mut pipe = Pipe::new(OwnedFd::from(to).into());
            pipe.lays = lays;
            let came = std::thread::scope(|scope| {
                scope.spawn(move || {
                    pipe.write_all(b"head").expect("written");
                    pipe.lay(&bytes[3..]).expect("laid");
                    pipe.lay(short).expect("laid");
                    pipe.write_all(b"end").expect("written");
                    assert_eq!(pipe.lays, lays);
                });
                let mut came = vec![];
                from.read_to_end(&mut came).expect("read");
                came
            });
            assert!(came == [b"head", &bytes[3..], short, b"end"].concat());
        }
        let (from, to) = io::pipe().expect("a pipe");
        let mut pipe = Pipe::new(OwnedFd::from(to).into());
        drop(from);
        let broken = pipe.lay(bytes).expect_err("nobody reads");
        assert_eq!(broken.kind(), io::ErrorKind::BrokenPipe);
    }
}
