//! The built program, from outside: one binary, a module a subject.

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

mod city;
mod clients;
mod commands;
mod deliveries;
mod dice;
#[path = "../suite/form.rs"]
mod form;
mod formats;
#[path = "../suite/geopackage.rs"]
mod geopackage;
mod hostile;
mod kill;
mod packs;
mod server;
mod stops;
mod strange;
mod tiles;
