//! The `parat` program.

fn main() -> ! {
    parat::cli::run()
}
