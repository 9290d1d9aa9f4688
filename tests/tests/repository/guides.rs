//! The guides against the programs that they show.

use std::fs;

use crate::workspace::root;

#[test]
fn getting_started_shows_the_files_of_its_crate() {
    let guide = fs::read_to_string(root().join("eventkit/docs/getting-started.md")).unwrap();
    let files = files(&guide);
    let names: Vec<&str> = files.iter().map(|(path, _)| *path).collect();
    assert_eq!(
        names,
        [
            "src/lib.rs",
            "tests/shop.rs",
            "src/bin/web.rs",
            "src/bin/worker.rs",
            "src/bin/order.rs",
            "src/bin/letters.rs",
        ]
    );
    for (path, code) in files {
        let file = root().join("examples/getting-started").join(path);
        assert_eq!(code, fs::read_to_string(file).unwrap(), "{path}");
    }
}

/// Returns the blocks of code that a guide introduces by a path, without the lines that rustdoc hides.
fn files(guide: &str) -> Vec<(&str, String)> {
    let mut parts = guide.split("```");
    let mut files = Vec::new();
    while let (Some(prose), Some(block)) = (parts.next(), parts.next()) {
        let line = prose.trim_end().lines().last().unwrap_or_default();
        let path = line.split('`').find(|word| word.contains('/'));
        if let (Some(path), true) = (path, line.ends_with(':')) {
            let shown = block.lines().skip(1).filter(|line| !is_hidden(line));
            files.push((path, shown.flat_map(|line| [line, "\n"]).collect()));
        }
    }
    files
}

fn is_hidden(line: &str) -> bool {
    line == "#" || line.starts_with("# ")
}
