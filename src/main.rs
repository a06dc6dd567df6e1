//! The `parat` program.

fn main() {}
