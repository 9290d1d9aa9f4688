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

#[test]
fn pages_name_the_versions_of_the_libraries_that_users_add() {
    let workspace = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let http = [
        "README.md",
        "eventkit/docs/front-page.md",
        "eventkit/docs/migration.md",
    ];
    let telemetry = ["eventkit/service/docs/telemetry.md"];
    let pages = [
        ("opentelemetry", &telemetry[..]),
        ("opentelemetry_sdk", &telemetry),
        ("opentelemetry-otlp", &telemetry),
        ("tracing-opentelemetry", &telemetry),
        ("axum", &http),
        ("actix-web", &http),
        ("reqwest", &http),
        ("sqlx", &["eventkit/sql/docs/guide.md"]),
    ];
    for (library, pages) in pages {
        let version = compatible_version(&workspace, library);
        for page in pages {
            let text = fs::read_to_string(root().join(page)).unwrap();
            let text = text.replace('\n', " ");
            let named = format!("{library} {version}");
            let linked = format!("[{library}](https://docs.rs/{library}) {version}");
            let added = format!(" {library}@{version}");
            assert!(
                text.contains(&named) || text.contains(&linked) || text.contains(&added),
                "{page} does not say that {library} is of version {version}"
            );
        }
    }
}

/// Returns the part of a version that a user has to match: `0.13` of `0.13.5`, and `4` of `4.13`.
fn compatible_version(workspace: &str, library: &str) -> String {
    let start = format!("{library} = {{ version = \"");
    let line = workspace.lines().find_map(|line| line.strip_prefix(&start));
    let version = line.and_then(|line| line.split('"').next()).unwrap();
    let parts = if version.starts_with("0.") { 2 } else { 1 };
    let parts: Vec<&str> = version.split('.').take(parts).collect();
    parts.join(".")
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
