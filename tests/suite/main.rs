//! Tests in process, over several rooms at once: one binary, a module a subject.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a test ends with a panic, and says aloud what it skips"
)]
#![allow(
    clippy::format_push_string,
    clippy::format_collect,
    clippy::naive_bytecount,
    clippy::case_sensitive_file_extension_comparisons,
    reason = "in a test the plain way reads better than the quick one"
)]

mod asked;
mod crs;
mod faults;
mod form;
mod formats;
mod fuzz;
mod geopackage;
mod hindi;
mod hostile;
mod http;
mod judges;
mod mend;
mod real_files;
mod reports;
mod rules;
mod schema;
mod styles;
