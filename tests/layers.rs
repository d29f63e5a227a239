//! Holds every file of `src/` to the floors of `src/lib.rs`: arrows point down, and what a floor must never contain is
//! not in it. It reads source text and knows no Rust beyond paths and comments.

use std::fs;
use std::path::{Path, PathBuf};

/// Floor of each module. A module uses itself and lower floors, never a neighbour on its own.
const FLOORS: &[(&str, u8)] = &[
    ("time", 0),
    ("wire", 0),
    ("stack", 1),
    ("trace", 1),
    ("actors", 2),
    ("judge", 2),
    ("net", 3),
    ("script", 4),
    ("report", 5),
    ("cli", 6),
    ("manual", 6),
];

/// I/O, clocks and chance: `net` and what stands above may have them, the floors below may not.
const FORBIDDEN_BELOW_NET: &[&str] = &[
    "tokio",
    "futures::",
    "async ",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "Instant::now",
    "SystemTime",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "RandomState",
    "println!",
];

/// Longer files are to be split along the concept.
const LONGEST: usize = 500;

struct Source {
    path: String,
    text: String,
}

#[test]
fn arrows_point_down() {
    let wrong: Vec<String> = sources().iter().flat_map(arrows_up).collect();
    assert!(wrong.is_empty(), "a module uses only lower floors (src/lib.rs):\n{}", wrong.join("\n"));
}

#[test]
fn the_floors_below_net_have_no_io_no_clock_and_no_chance() {
    let wrong: Vec<String> = sources().iter().flat_map(forbidden).collect();
    assert!(wrong.is_empty(), "these belong on the floor of net or above:\n{}", wrong.join("\n"));
}

#[test]
fn every_file_says_what_it_is_for_and_stays_readable() {
    for source in sources() {
        assert!(source.text.starts_with("//! "), "{} does not begin with what it is for", source.path);
        let lines = source.text.lines().count();
        assert!(lines <= LONGEST, "{} has {lines} lines; split it along the concept", source.path);
    }
}

#[test]
fn the_tests_above_can_fail() {
    let source = |path: &str, text: &str| Source { path: path.to_owned(), text: text.to_owned() };
    for (path, text, expected) in [
        ("src/wire/sip/mod.rs", "use crate::time::Time;", 1),
        ("src/wire/sip/mod.rs", "use super::super::net::capture;", 1),
        ("src/wire/sip/mod.rs", "use super::name::net::X;", 0),
        ("src/judge/check.rs", "use crate::{\n    trace::{Unit, What},\n    actors::act,\n    script as s,\n};", 2),
        ("src/judge/check.rs", "// crate::net is not used\n//! nor [`crate::cli`]\nuse crate::trace::Unit;", 0),
        ("src/judge/mod.rs", "fn f() -> super::report::X { crate::judge::g() }", 1),
        ("src/trace/unit.rs", "#[cfg(test)]\nmod tests { use crate::stack::node; }", 1),
        ("src/main.rs", "imspec::cli::main()", 0),
    ] {
        assert_eq!(arrows_up(&source(path, text)).len(), expected, "{path}: {text}");
    }
    for (path, text, expected) in [
        ("src/judge/a.rs", "use tokio::net;", 1),
        ("src/judge/a.rs", "// no tokio here", 0),
        ("src/net/a.rs", "use tokio::net;", 0),
        ("src/wire/a.rs", "fn f() {}\n#[cfg(test)]\nmod tests { use std::fs; }", 0),
        ("src/wire/tests/a.rs", "use std::fs;", 0),
    ] {
        assert_eq!(forbidden(&source(path, text)).len(), expected, "{path}: {text}");
    }
}

/// Every file below `src/`, by path.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut pending = vec![PathBuf::from("src")];
    let mut sources = Vec::new();
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(root.join(&folder)).unwrap() {
            let path = folder.join(entry.unwrap().file_name());
            if root.join(&path).is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(root.join(&path)).unwrap();
                sources.push(Source { path: path.to_str().unwrap().replace('\\', "/"), text });
            }
        }
    }
    assert!(sources.len() > 50, "the sources were not found");
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

/// A sentence for each arrow of the file that points up or sideways.
fn arrows_up(source: &Source) -> Vec<String> {
    let Some((own, floor)) = module(&source.path) else { return Vec::new() };
    let code = without_comments(&source.text);
    let up = |target: &str| target != own && floor_of(target).is_some_and(|other| other >= floor);
    let mut targets = roots(&code, &source.path);
    targets.sort_unstable();
    targets.dedup();
    targets.into_iter().filter(|target| up(target)).map(|target| format!("{} uses {target}", source.path)).collect()
}

/// A sentence for each forbidden word of the file. Code of tests is free to read fixtures.
fn forbidden(source: &Source) -> Vec<String> {
    let below = module(&source.path).is_some_and(|(_, floor)| Some(floor) < floor_of("net"));
    let tests = source.path.contains("/tests/") || source.path.ends_with("tests.rs");
    if !below || tests {
        return Vec::new();
    }
    let text = source.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
    let code = without_comments(text);
    let found = FORBIDDEN_BELOW_NET.iter().filter(|word| code.contains(*word));
    found.map(|word| format!("{} has {}", source.path, word.trim())).collect()
}

/// The module below the crate's root that a file belongs to, and its floor.
fn module(path: &str) -> Option<(&str, u8)> {
    let first = path.strip_prefix("src/")?.split('/').next()?;
    let name = first.strip_suffix(".rs").unwrap_or(first);
    floor_of(name).map(|floor| (name, floor))
}

fn floor_of(name: &str) -> Option<u8> {
    FLOORS.iter().find(|(module, _)| *module == name).map(|(_, floor)| *floor)
}

/// The modules below the crate's root that paths in the code begin with, by `crate::` or by climbing with `super::`.
fn roots<'a>(code: &'a str, path: &str) -> Vec<&'a str> {
    let depth = path.matches('/').count() - usize::from(path.ends_with("/mod.rs"));
    let climb = "super::".repeat(depth);
    let mut found = Vec::new();
    for start in ["crate::", climb.as_str()].into_iter().filter(|start| !start.is_empty()) {
        for (at, _) in code.match_indices(start) {
            let before = &code[..at];
            let whole = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
            if whole {
                found.extend(heads(&code[at + start.len()..]));
            }
        }
    }
    found
}

/// The first name of a path, or of each path in braces.
fn heads(rest: &str) -> Vec<&str> {
    let Some(inside) = rest.strip_prefix('{') else { return vec![word(rest)] };
    let (mut depth, mut expected, mut found) = (1_usize, true, Vec::new());
    for (at, c) in inside.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => expected = true,
            _ if depth == 1 && expected && !c.is_whitespace() => {
                found.push(word(&inside[at..]));
                expected = false;
            }
            _ => {}
        }
    }
    found
}

fn word(text: &str) -> &str {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).next().unwrap_or_default()
}

/// The code without line comments. `//` inside of a string ends the line too soon, which hides no path.
fn without_comments(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).collect::<Vec<_>>().join("\n")
}
