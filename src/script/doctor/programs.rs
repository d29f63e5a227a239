//! The programs that a system file names: each must be there and may be run.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use super::item::{Cause, Item};
use crate::script::sut::SystemUnderTest;

/// One item for each command of the file.
pub fn commands(sut: &SystemUnderTest) -> Vec<Item> {
    sut.commands().filter_map(|(key, command)| Some(examined(key, command.first()?))).collect()
}

/// Whether the program of a command is there.
pub fn examined(key: &str, program: &str) -> Item {
    match find(program, env::var_os("PATH").as_deref()) {
        Ok(path) => Item::well("programs", format!("{key}: {}", path.display())),
        Err(why) => Item::wrong("programs", Cause::System, format!("{key}: `{program}` {why}"))
            .hint("a command is a program, found in PATH or by its path from this folder, and its arguments; no shell"),
    }
}

/// Where a program is that would be started under this name; else why none would.
fn find(program: &str, path: Option<&std::ffi::OsStr>) -> Result<PathBuf, &'static str> {
    if program.contains('/') {
        return runnable(Path::new(program)).map(|()| PathBuf::from(program));
    }
    let folders = path.map(env::split_paths).into_iter().flatten();
    let mut why = "is in no folder of PATH";
    for folder in folders {
        let candidate = folder.join(program);
        match runnable(&candidate) {
            Ok(()) => return Ok(candidate),
            Err("is not there") => {}
            Err(other) => why = other,
        }
    }
    Err(why)
}

fn runnable(path: &Path) -> Result<(), &'static str> {
    let metadata = fs::metadata(path).map_err(|_| "is not there")?;
    if metadata.is_dir() {
        return Err("is a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if metadata.permissions().mode() & 0o111 == 0 {
            return Err("may not be executed");
        }
    }
    Ok(())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn programs_are_found_or_missed_with_a_reason() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("plain"), "").unwrap();
        let plain = dir.path().join("plain").display().to_string();
        let folder = dir.path().display().to_string();
        let path = env::join_paths([Path::new("/bin"), Path::new("/usr/bin"), dir.path()]).unwrap();
        let check = |program: &str, expected: Result<(), &str>| {
            assert_eq!(find(program, Some(&path)).map(drop), expected, "{program}");
        };
        check("sh", Ok(()));
        check("/bin/sh", Ok(()));
        check("no-such-program", Err("is in no folder of PATH"));
        check("plain", Err("may not be executed"));
        check("./no-such-program", Err("is not there"));
        check(&plain, Err("may not be executed"));
        check(&folder, Err("is a folder"));
        assert!(find("sh", None).is_err());
    }
}
