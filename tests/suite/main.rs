//! Tests in process, over several rooms at once: one binary, a module a subject.

mod crs;
mod formats;
mod hostile;
mod http;
mod real_files;
mod reports;
mod rules;
mod styles;
