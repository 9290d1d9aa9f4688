//! The structure of the library: a floor imports only floors below it.

use std::fs;
use std::path::Path;

/// The folders of `eventkit/src`, from the ground up.
const FLOORS: [&str; 11] = [
    "error",
    "event",
    "extension",
    "codec",
    "typed",
    "format",
    "binding",
    "filter",
    "dispatch",
    "transport",
    "service",
];

fn floor(folder: &str) -> Option<usize> {
    FLOORS.iter().position(|own| *own == folder)
}

/// Calls a function with each line of code below a folder, comments left out.
fn for_each_line(folder: &Path, visit: &mut impl FnMut(&Path, &str)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            for_each_line(&path, visit);
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code = text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"));
        code.for_each(|line| visit(&path, line));
    }
}

#[test]
fn no_floor_imports_one_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../eventkit/src");
    let mut seen = 0;
    for folder in fs::read_dir(&source).unwrap() {
        let folder = folder.unwrap().path();
        // Guides stand on no floor: they are text, included where they are shown.
        if !folder.is_dir() || folder.ends_with("docs") {
            continue;
        }
        let name = folder.file_name().unwrap().to_string_lossy().into_owned();
        let own = floor(&name).unwrap_or_else(|| panic!("`{name}` stands on no floor"));
        for_each_line(&folder, &mut |path, line| {
            for (_, rest) in line
                .match_indices("crate::")
                .map(|(at, found)| line.split_at(at + found.len()))
            {
                let end = rest
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(rest.len());
                if let Some(other) = floor(&rest[..end]) {
                    seen += 1;
                    assert!(other <= own, "{}: {line}", path.display());
                }
            }
        });
    }
    assert!(
        seen > 50,
        "only {seen} imports were found: this test looks in the wrong place"
    );
}
