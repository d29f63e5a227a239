//! Has the binary built again when a file of the embedded data tree comes, goes or changes; the embedding macro alone sees only changes.

fn main() {
    println!("cargo::rerun-if-changed=features");
    println!("cargo::rerun-if-changed=scenarios");
}
