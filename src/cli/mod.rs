//! The command line.

/// Runs the command line of the process and gives its exit code.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::from(64)
}
