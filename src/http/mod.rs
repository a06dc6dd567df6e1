//! The HTTP interface: every route, and nothing that decides.
