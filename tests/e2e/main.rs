//! The built program, from outside: one binary, a module a subject.

mod city;
mod clients;
mod commands;
mod formats;
mod kill;
mod server;
