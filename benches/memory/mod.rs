//! The memory of a process, as the kernel accounts for it; 0 where it does not say.

#![allow(dead_code, reason = "no bench asks for all of it")]

/// What this process uses now, in octets.
pub fn resident() -> u64 {
    status("self", "VmRSS:")
}

/// What that process uses now, in octets.
pub fn resident_of(process: u32) -> u64 {
    status(&process.to_string(), "VmRSS:")
}

/// The most that this process used, in octets.
pub fn peak() -> u64 {
    status("self", "VmHWM:")
}

fn status(process: &str, key: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib << 10)
}
