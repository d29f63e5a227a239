//! The data tree: `features/` and `scenarios/`, from a directory or from the copy inside the binary. Reads no formats.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use include_dir::{Dir, include_dir};

use super::diagnostic::Diagnostic;

static FEATURES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/features");
static SCENARIOS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// Larger files are refused.
const MAX_FILE: u64 = 1 << 20;
/// More files than this, or folders nested deeper, are taken for a wrong directory.
const MAX_FILES: usize = 10_000;
const MAX_DEPTH: usize = 8;

/// The text files of a data tree by path (`features/im/requirements/im-history.yaml`), sorted, with `/` between the names.
#[derive(Clone, Debug, Default)]
pub struct Files {
    root: Option<PathBuf>,
    texts: BTreeMap<String, Cow<'static, str>>,
}

impl Files {
    /// The tree to use: `dir` if given; else the current directory if it has a folder `features`; else the embedded copy.
    pub fn discover(dir: Option<PathBuf>) -> Result<Files, Diagnostic> {
        match dir {
            Some(dir) => Files::from_directory(&dir),
            None if Path::new("features").is_dir() => Files::from_directory(Path::new(".")),
            None => Ok(Files::embedded()),
        }
    }

    /// The copy inside the binary.
    pub fn embedded() -> Files {
        let mut texts = BTreeMap::new();
        for (top, dir) in [("features", &FEATURES), ("scenarios", &SCENARIOS)] {
            let mut pending = vec![dir];
            while let Some(dir) = pending.pop() {
                pending.extend(dir.dirs());
                for file in dir.files().filter(|f| is_ours(f.path())) {
                    if let (Some(name), Some(text)) = (slashed(file.path()), file.contents_utf8()) {
                        texts.insert(format!("{top}/{name}"), Cow::Borrowed(text));
                    }
                }
            }
        }
        Files { root: None, texts }
    }

    /// The `.feature` and `.yaml` files below `features/` and `scenarios/` of `root`.
    pub fn from_directory(root: &Path) -> Result<Files, Diagnostic> {
        let mut files = Files { root: Some(root.to_path_buf()), texts: BTreeMap::new() };
        let tops: Vec<PathBuf> = ["features", "scenarios"].into_iter().map(PathBuf::from).collect();
        if !tops.iter().any(|top| root.join(top).is_dir()) {
            return Err(Diagnostic::new(shown(root), "holds neither a folder `features` nor a folder `scenarios`"));
        }
        let mut pending: Vec<(PathBuf, usize)> =
            tops.into_iter().filter(|top| root.join(top).is_dir()).map(|top| (top, 0)).collect();
        while let Some((folder, depth)) = pending.pop() {
            if depth > MAX_DEPTH {
                return Err(Diagnostic::new(shown(&folder), format!("folders are nested deeper than {MAX_DEPTH}")));
            }
            let entries = fs::read_dir(root.join(&folder)).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
            for entry in entries.map_err(|e| unreadable(&folder, &e))? {
                let path = folder.join(entry.file_name());
                if root.join(&path).is_dir() {
                    pending.push((path, depth + 1));
                } else if is_ours(&path) {
                    files.read(root, &path)?;
                }
            }
        }
        Ok(files)
    }

    /// A tree of the given texts.
    pub fn from_texts<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> Files {
        let texts = texts.into_iter().map(|(path, text)| (path.to_owned(), Cow::Owned(text.to_owned())));
        Files { root: None, texts: texts.collect() }
    }

    /// The directory it was read from; none for the embedded copy.
    pub fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// Has this text in place of that of a file.
    pub fn put(&mut self, path: &str, text: String) {
        self.texts.insert(path.to_owned(), Cow::Owned(text));
    }

    pub fn get(&self, path: &str) -> Option<&str> {
        self.texts.get(path).map(|text| &**text)
    }

    /// Path and text of every file, sorted by path.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.texts.iter().map(|(path, text)| (path.as_str(), &**text))
    }

    fn read(&mut self, root: &Path, path: &Path) -> Result<(), Diagnostic> {
        if self.texts.len() >= MAX_FILES {
            return Err(Diagnostic::new(shown(root), format!("holds more than {MAX_FILES} files")));
        }
        let name = slashed(path).ok_or_else(|| Diagnostic::new(shown(path), "the name is not UTF-8"))?;
        self.texts.insert(name, Cow::Owned(read_text(&root.join(path), &shown(path))?));
        Ok(())
    }
}

/// The text of the file at `path`, called `name` in diagnostics: at most 1 MiB of UTF-8.
pub fn read_text(path: &Path, name: &str) -> Result<String, Diagnostic> {
    let size = fs::metadata(path).map_err(|e| Diagnostic::new(name, format!("cannot be read: {e}")))?.len();
    if size > MAX_FILE {
        return Err(Diagnostic::new(name, format!("is larger than {MAX_FILE} octets")));
    }
    let octets = fs::read(path).map_err(|e| Diagnostic::new(name, format!("cannot be read: {e}")))?;
    let text = String::from_utf8(octets).map_err(|e| {
        let line = e.as_bytes()[..e.utf8_error().valid_up_to()].iter().filter(|&&o| o == b'\n').count() + 1;
        Diagnostic { line: u32::try_from(line).unwrap_or(u32::MAX), ..Diagnostic::new(name, "is not UTF-8") }
    })?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}

fn is_ours(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "feature" || e == "yaml")
}

/// The path with `/` between its names, on every system.
fn slashed(path: &Path) -> Option<String> {
    let names: Option<Vec<&str>> = path.iter().map(|name| name.to_str()).collect();
    names.map(|names| names.join("/"))
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    Diagnostic::new(shown(path), format!("cannot be read: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(files: &Files) -> Vec<&str> {
        files.iter().map(|(path, _)| path).collect()
    }

    #[test]
    fn the_embedded_copy_is_the_tree_of_the_repository() {
        let disk = Files::from_directory(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap();
        assert!(paths(&disk).contains(&"features/cpm/requirements/cpm-large-message.yaml"));
        assert!(disk.iter().eq(Files::embedded().iter()));
    }

    #[test]
    fn reads_features_and_yaml_sorted_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("features/im/b")).unwrap();
        for name in ["im/b/2.feature", "im/a.yaml", "im/notes.txt", "im/b/1.feature"] {
            fs::write(dir.path().join("features").join(name), "\u{feff}text").unwrap();
        }
        let files = Files::discover(Some(dir.path().to_path_buf())).unwrap();
        assert_eq!(paths(&files), ["features/im/a.yaml", "features/im/b/1.feature", "features/im/b/2.feature"]);
        assert_eq!(files.get("features/im/a.yaml"), Some("text"), "the byte order mark is no text");
        assert_eq!(files.root(), Some(dir.path()));
    }

    #[test]
    fn says_why_a_tree_cannot_be_used() {
        let dir = tempfile::tempdir().unwrap();
        let message = |dir: &Path| Files::discover(Some(dir.to_path_buf())).unwrap_err().to_string();
        assert!(message(dir.path()).contains("neither a folder `features`"));
        let features = dir.path().join("features");
        fs::create_dir(&features).unwrap();
        fs::write(features.join("a.yaml"), b"one\ntwo \xff\n").unwrap();
        assert_eq!(message(dir.path()), "features/a.yaml:2: is not UTF-8");
        fs::write(features.join("a.yaml"), vec![b'x'; MAX_FILE as usize + 1]).unwrap();
        assert!(message(dir.path()).contains("features/a.yaml: is larger than"));
        fs::remove_file(features.join("a.yaml")).unwrap();
        fs::create_dir_all((0..12).fold(features, |path, _| path.join("x"))).unwrap();
        assert!(message(dir.path()).contains("nested deeper"));
    }
}
