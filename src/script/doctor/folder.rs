//! Where runs write, and what is read there: folders and log files.

use std::fs::{self, File};
use std::path::Path;

use super::item::{Cause, Item};

/// Less free space than this is told, in octets: a whole run with captures needs some tens of megabytes.
const LITTLE: u64 = 256 << 20;

/// Whether files can be made in a folder, or the folder itself.
pub fn writable(dir: &Path) -> Item {
    let shown = dir.display();
    let there = dir.ancestors().find(|dir| dir.as_os_str().is_empty() || dir.exists());
    let there = there.filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let trial = there.join(format!(".imspec-doctor-{}", std::process::id()));
    let tried = File::create_new(&trial).and_then(|_| fs::remove_file(&trial));
    if let Err(error) = tried {
        return Item::wrong("folders", Cause::Ours, format!("{shown} cannot be written: {error}"))
            .hint("--out names another folder");
    }
    match fs4::available_space(there) {
        Ok(space) if space < LITTLE => Item::warning("folders", format!("{shown}: only {} MB are free", space >> 20))
            .hint("make room, or name another folder with --out"),
        Ok(space) => Item::well("folders", format!("{shown} can be written; {} MB are free", space >> 20)),
        Err(error) => Item::unknown("folders", format!("{shown} can be written; how much is free: {error}")),
    }
}

/// Whether the log file of the system can be read.
pub fn log(file: &Path) -> Item {
    match File::open(file) {
        Ok(_) => Item::well("log file", format!("{} can be read", file.display())),
        Err(error) => Item::warning("log file", format!("{}: {error}", file.display()))
            .hint("`log-file` is found from this folder, and must be there when the system runs"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::doctor::Standing;

    #[test]
    fn a_folder_need_not_be_there_yet() {
        let dir = tempfile::tempdir().unwrap();
        assert_ne!(writable(&dir.path().join("a/b")).standing, Standing::Wrong);
        assert!(fs::read_dir(dir.path()).unwrap().next().is_none(), "nothing is left behind");
        let file = dir.path().join("file");
        fs::write(&file, "").unwrap();
        assert_eq!(writable(&file.join("below")).standing, Standing::Wrong);
        assert_eq!((log(&file).standing, log(&dir.path().join("x")).standing), (Standing::Ok, Standing::Warning));
    }
}
