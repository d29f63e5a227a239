//! The program. All it does is hand the command line over.

/// Messages are made on one thread and dropped on another, which the allocator of many systems is slow at.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    imspec::cli::main()
}
