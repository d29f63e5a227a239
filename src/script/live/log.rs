//! What a system under test printed, and wrote into its log file, during a case. Reads no meaning into it.

use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::PathBuf;

/// The log of a case.
#[derive(Debug, Default)]
pub struct Log {
    text: String,
    /// A file that the system writes, and how long it was when the case began.
    file: Option<(PathBuf, u64)>,
}

/// Octets kept of what is printed in a case, and as many of the file.
const MOST: usize = 4 << 20;
/// Stands where something was left out.
const CUT: &str = "\n... more was printed than is kept\n";

impl Log {
    pub fn new(file: Option<PathBuf>) -> Log {
        Log { text: String::new(), file: file.map(|path| (path, 0)) }
    }

    /// A case begins: what came before is not of it.
    pub fn begin(&mut self) {
        self.text.clear();
        if let Some((path, begun)) = &mut self.file {
            // A file that is not there yet has all before it.
            *begun = path.metadata().map_or(0, |file| file.len());
        }
    }

    /// A line that was printed.
    pub fn line(&mut self, line: &str) {
        if self.text.len() + line.len() <= MOST {
            self.text.push_str(line);
        } else if !self.text.ends_with(CUT) {
            self.text.push_str(CUT);
        }
    }

    /// All of the case; empty where nothing was said. A file that cannot be read is said to be so.
    pub fn end(&self) -> Vec<u8> {
        let mut all = self.text.clone().into_bytes();
        if let Some((path, begun)) = &self.file {
            match grown(path, *begun) {
                Ok(more) if more.is_empty() => {}
                Ok(more) => {
                    all.extend_from_slice(format!("== {}\n", path.display()).as_bytes());
                    all.extend(more);
                }
                Err(error) => all.extend_from_slice(format!("== {}: {error}\n", path.display()).as_bytes()),
            }
        }
        all
    }
}

/// What a file has behind that place; all of it where it is shorter by now, because it was begun anew.
fn grown(path: &PathBuf, begun: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    let begun = if file.metadata()?.len() < begun { 0 } else { begun };
    file.seek(SeekFrom::Start(begun))?;
    let mut more = Vec::new();
    file.take(MOST as u64).read_to_end(&mut more)?;
    Ok(more)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holds_what_was_said_in_the_case_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("system.log");
        std::fs::write(&path, "before\n").unwrap();
        let mut log = Log::new(Some(path.clone()));
        log.line("before\n");
        log.begin();
        assert_eq!(log.end(), b"");
        log.line("printed\n");
        std::fs::write(&path, "before\nwritten\n").unwrap();
        assert_eq!(String::from_utf8(log.end()).unwrap(), format!("printed\n== {}\nwritten\n", path.display()));
        std::fs::write(&path, "anew\n").unwrap();
        assert!(log.end().ends_with(b"\nanew\n"));
        std::fs::remove_file(&path).unwrap();
        assert!(String::from_utf8(log.end()).unwrap().contains("system.log: No such file"));
    }

    #[test]
    fn is_bounded() {
        let mut log = Log::new(None);
        let line = "x".repeat(1 << 20);
        (0..9).for_each(|_| log.line(&line));
        assert!(log.end().len() == MOST + CUT.len());
    }
}
