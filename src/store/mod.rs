//! Where versions are kept: a folder of files and a `SQLite` catalogue.
