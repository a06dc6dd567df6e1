//! How a process that lives for one job keeps its memory.

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
