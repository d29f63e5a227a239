//! The memory of this process, as the kernel accounts for it; 0 where it does not say.

/// In use now, in octets.
#[allow(dead_code, reason = "not every bench asks for it")]
pub fn resident() -> u64 {
    status("VmRSS:")
}

/// The most that was in use, in octets.
pub fn peak() -> u64 {
    status("VmHWM:")
}

fn status(key: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(key));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).map_or(0, |kib| kib << 10)
}
