//! The program. All it does is hand the command line over.

fn main() -> std::process::ExitCode {
    imspec::cli::main()
}
