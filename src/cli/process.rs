//! How a process keeps its memory while it lives, and how it ends.

use std::io::Write;

/// Keeps memory that was given back for what is asked for next, instead of returning it to the system.
///
/// The way in goes through some dozen arrays of tens of megabytes, each freed before the next is made. The C
/// library maps and unmaps each of them, and the kernel clears every page anew: a tenth of the processor time of
/// a layer of 500,000 features. A process that ends with its job needs none of it back; a server does, so it
/// does not call this.
#[cfg_attr(
    all(target_os = "linux", target_env = "gnu"),
    expect(
        unsafe_code,
        reason = "settings of the C library's allocator, before there is a second thread"
    )
)]
pub(super) fn keep() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    // SAFETY: mallopt takes two numbers and changes settings of the allocator; unknown ones are refused.
    unsafe {
        libc::mallopt(libc::M_MMAP_MAX, 0);
        libc::mallopt(libc::M_TRIM_THRESHOLD, i32::MAX);
        libc::mallopt(libc::M_TOP_PAD, 32 << 20);
    }
}

/// Ends the process at once, without the farewells of the libraries in it.
///
/// The C library would first call what PROJ, GDAL and GEOS left to be called at the end, and those take apart
/// what other threads still use: a thread that gives its PROJ context back in the same moment frees what is freed
/// already, and the process is aborted. All of ours is on disk by now, or is taken up again as after a loss of
/// power.
#[expect(unsafe_code, reason = "the standard library has no such way out")]
pub(super) fn leave(code: u8) -> ! {
    std::io::stdout().flush().ok();
    // SAFETY: takes a number and does not come back.
    unsafe { libc::_exit(code.into()) }
}
