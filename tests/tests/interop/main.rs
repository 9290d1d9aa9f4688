//! Exchange of events with other SDKs, over real connections and in every mode.

mod cases;
mod cell;
mod description;
mod kafka;
mod known_differences;
mod meeting;
mod peer;
mod receiver;
mod rust_sdk;
mod table;

use std::io::Write;
use std::path::Path;

use cell::{Cell, Direction, Mode, Sdk};
use known_differences::Difference;
use meeting::Here;
use peer::Peer;
use table::Row;

/// Returns the available SDKs. Without Python and Node.js, only the Rust SDK is available.
fn sdks() -> &'static [Sdk] {
    match std::env::var_os("EVENTKIT_INTEROP") {
        Some(value) if value == "off" => &[Sdk::Rust],
        _ => {
            peer::prepare();
            &Sdk::ALL
        }
    }
}

/// Exchanges every case with every peer in every mode and direction. Returns each cell with its
/// differences.
async fn matrix(sdks: &[Sdk]) -> Vec<(Cell, Vec<String>)> {
    let mut here = Here::start().await;
    let cases = cases::all();
    let mut found = Vec::new();
    for sdk in sdks.iter().copied() {
        let peer = Peer::start(sdk).await;
        for mode in sdk.modes().iter().copied() {
            for direction in [Direction::To, Direction::From] {
                for case in &cases {
                    let differences = here.meet(&peer, mode, direction, case).await;
                    let case = case.name;
                    let cell = Cell {
                        sdk,
                        mode,
                        direction,
                        case,
                    };
                    found.push((cell, differences));
                }
            }
        }
    }
    found
}

/// Compares the differences of a cell with the known ones.
fn judge(cell: Cell, found: &[String], known: &[Difference], failures: &mut Vec<String>) -> Row {
    let shown: Vec<(usize, &str)> = known
        .iter()
        .enumerate()
        .filter_map(|(number, difference)| Some((number, difference.found(&cell)?)))
        .collect();
    let before = failures.len();
    let unknown = found
        .iter()
        .filter(|line| !shown.iter().any(|(_, known)| known == line));
    failures.extend(unknown.map(|line| format!("{cell}: {line}")));
    let mended = shown
        .iter()
        .filter(|(_, known)| !found.iter().any(|line| line == known));
    failures.extend(mended.map(|(number, line)| {
        let number = number + 1;
        format!("{cell}: difference {number} is gone, or another one: there was {line}")
    }));
    Row {
        cell,
        differences: shown.into_iter().map(|(number, _)| number).collect(),
        failed: failures.len() > before,
    }
}

/// Prints without the test harness, which would capture the output: the table should be visible.
fn print(texts: &[&str]) {
    let mut out = std::io::stdout().lock();
    for text in texts {
        out.write_all(text.as_bytes()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_exchange_succeeds_except_for_known_differences() {
    let sdks = sdks();
    let (mut rows, mut failures) = (Vec::new(), Vec::new());
    let known = known_differences::all();
    for (cell, found) in matrix(sdks).await {
        rows.push(judge(cell, &found, &known, &mut failures));
    }
    let summary = table::summary(&rows, &known);
    print(&[&table::write(&rows, &known), &summary]);
    if sdks.len() < Sdk::ALL.len() {
        print(&["interop: Python and JavaScript are disabled (EVENTKIT_INTEROP=off)\n"]);
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));

    let met = known
        .iter()
        .filter(|difference| sdks.contains(&difference.sdk));
    let pinned: usize = met.map(Difference::cells).sum();
    let shown: usize = rows.iter().map(|row| row.differences.len()).sum();
    assert_eq!(
        shown, pinned,
        "a known difference names a mode or case that does not exist"
    );
    if sdks.len() == Sdk::ALL.len() {
        let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("interop/README.md");
        let page = std::fs::read_to_string(page).unwrap();
        let kinds = format!("sends {} kinds of events", cases::all().len());
        assert!(page.contains(&kinds), "the page should contain: {kinds}");
        assert!(
            page.contains(&summary),
            "the page has another summary than\n{summary}"
        );
    }
}

#[test]
fn new_and_obsolete_differences_fail() {
    let known = known_differences::all();
    let cell = Cell {
        sdk: Sdk::Rust,
        mode: Mode::Binary,
        direction: Direction::To,
        case: "subject with space",
    };
    let found = |lines: &[&str]| {
        let lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let mut failures = Vec::new();
        let row = judge(cell, &lines, &known, &mut failures);
        assert_eq!(
            (row.failed, row.differences.len()),
            (!failures.is_empty(), 1)
        );
        failures.len()
    };
    let pinned = "subject is \"a%20b\", expected \"a b\"";
    assert_eq!(found(&[pinned]), 0);
    assert_eq!(found(&[]), 1);
    assert_eq!(found(&[pinned, "data is none, expected 1"]), 1);
    assert_eq!(found(&["subject is \"a+b\", expected \"a b\""]), 2);
}

#[test]
fn the_named_versions_are_those_that_are_run() {
    let pins = [
        (
            Sdk::Python,
            "tests/interop/sdks/python/requirements.txt",
            "cloudevents==",
        ),
        (
            Sdk::JavaScript,
            "tests/interop/sdks/javascript/package.json",
            "\"cloudevents\": \"",
        ),
        (
            Sdk::Rust,
            "Cargo.lock",
            "name = \"cloudevents-sdk\"\nversion = \"",
        ),
    ];
    for (sdk, file, before) in pins {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
        let text = std::fs::read_to_string(path).unwrap();
        let (_, rest) = text.split_once(before).unwrap();
        let version = rest.split(['"', '\n']).next().unwrap();
        assert!(sdk.title().ends_with(version), "{file} has {version}");
    }
}

#[test]
fn every_file_is_a_module_of_the_suite() {
    eventkit_tests::suite::assert_whole(file!());
}
