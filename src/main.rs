//! The `parat` program.

fn main() -> std::process::ExitCode {
    parat::cli::run()
}
