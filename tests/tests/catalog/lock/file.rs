//! Lock files.

use std::path::PathBuf;
use std::process::{Command, Output};
use std::{env, fs, thread};

use eventkit_catalog::{Catalog, Lock, LockError, Mode};

use super::of_contract;
use crate::shop;

/// The variable with the path for the test that runs in another process.
const PATH: &str = "EVENTKIT_TEST_LOCK";

/// A path in a folder of its own.
fn path(name: &str) -> PathBuf {
    let folder = env::temp_dir().join(format!("eventkit-lock-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder.join(name)
}

/// Runs checks at the same time in a process with the environment variable.
fn run(path: &PathBuf, action: &str) -> Output {
    Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "lock::file::in_another_process",
            "--ignored",
            "--nocapture",
        ])
        .env(PATH, path)
        .env("EVENTKIT_LOCK", action)
        .output()
        .unwrap()
}

#[test]
#[ignore = "run by other tests with an environment of its own"]
fn in_another_process() {
    let Some(path) = env::var_os(PATH) else {
        return;
    };
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| shop::catalog().check_lock(&path).unwrap());
        }
    });
}

#[test]
fn a_missing_file_says_what_to_do() {
    let error = shop::catalog()
        .check_lock("/nowhere/events.lock.json")
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "/nowhere/events.lock.json does not exist: to create it, run the test with EVENTKIT_LOCK=update, and \
         commit the file"
    );
}

#[test]
fn the_variable_writes_the_file_and_the_check_accepts_it() {
    let path = path("written.json");
    assert!(run(&path, "update").status.success());
    let catalog = shop::catalog();
    catalog.check_lock(&path).unwrap();
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, catalog.lock().to_string());
    let types: Vec<String> = text
        .parse::<Lock>()
        .unwrap()
        .types()
        .map(str::to_owned)
        .collect();
    assert_eq!(
        types,
        [
            "co.outcome.order.declined",
            "co.outcome.order.paid",
            "co.outcome.order.placed"
        ]
    );
    // Documentation is not part of the contract.
    assert!(!text.contains("A customer placed an order"));
    // Only the lock is left in the folder.
    let beside = fs::read_dir(path.parent().unwrap()).unwrap();
    assert!(
        beside
            .flatten()
            .all(|entry| !entry.file_name().to_string_lossy().ends_with(".tmp"))
    );
}

#[test]
fn an_incompatible_change_fails_with_paths_versions_and_advice() {
    let path = path("incompatible.json");
    let changed = shop::catalog().lock().to_string();
    // As if the total had been text, and the article had had another name.
    let changed = changed.replacen("\"totalCents\": {\n            \"format\": \"uint64\",\n            \"minimum\": 0,\n            \"type\": \"integer\"", "\"totalCents\": {\n            \"type\": \"string\"", 2);
    fs::write(&path, &changed).unwrap();
    let error = shop::catalog().check_lock(&path).unwrap_err();
    let LockError::Incompatible { changes, mode, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(*mode, Mode::Full);
    assert_eq!(changes[0].path, "data.totalCents");
    let text = error.to_string();
    for part in [
        "2 changes are incompatible with",
        "co.outcome.order.placed: data.totalCents: readers expect the type integer, but get string",
        "locked: {\"type\":\"string\"}",
        "now:    {\"format\":\"uint64\",\"minimum\":0,\"type\":\"integer\"}",
        "EVENTKIT_LOCK=update",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    // An unwrap in a test shows the same text.
    assert_eq!(format!("{error:?}"), text);
    // The variable accepts the change, and says so.
    let output = run(&path, "update");
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("accepted an incompatible change"));
    shop::catalog().check_lock(&path).unwrap();
}

/// An event whose total is of this type.
macro_rules! order_with_total {
    ($total:ty) => {{
        #[derive(
            serde::Serialize, serde::Deserialize, schemars::JsonSchema, eventkit::CloudEvent,
        )]
        #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
        struct OrderPlaced {
            total_cents: $total,
        }
        let catalog = Catalog::builder("Shop", "1");
        catalog.events::<OrderPlaced>().build().unwrap()
    }};
}

#[test]
fn the_guide_shows_the_error_of_an_incompatible_change() {
    let path = path("of-the-guide.json");
    let locked = order_with_total!(u64).lock().to_string();
    fs::write(&path, locked).unwrap();
    let error = order_with_total!(String).check_lock(&path).unwrap_err();
    let text = error.to_string();
    let shown = text.replace(path.to_str().unwrap(), "events.lock.json");
    let guide = include_str!("../../../../eventkit/catalog/docs/guide.md");
    assert!(guide.contains(shown.trim_end()), "{shown}");
}

#[test]
fn a_compatible_change_has_to_be_recorded() {
    let path = path("outdated.json");
    let catalog = Catalog::builder("Shop", "1")
        .events::<shop::OrderPaid>()
        .build()
        .unwrap();
    fs::write(&path, catalog.lock().to_string()).unwrap();
    let error = shop::catalog().check_lock(&path).unwrap_err();
    let LockError::Outdated { types, .. } = &error else {
        panic!("{error}")
    };
    assert_eq!(
        types,
        &["co.outcome.order.declined", "co.outcome.order.placed"]
    );
}

#[test]
fn the_mode_decides_which_changes_are_incompatible() {
    let old = of_contract(&serde_json::json!({ "data": { "type": "integer" } }));
    let new = of_contract(&serde_json::json!({ "data": { "type": "number" } }));
    assert!(old.changes(&new, Mode::Backward).is_empty());
    assert_eq!(old.changes(&new, Mode::Forward).len(), 1);
    let path = path("mode.json");
    fs::write(
        &path,
        shop::catalog()
            .lock()
            .to_string()
            .replace("\"required\": [\n          \"order_id\"\n        ],", ""),
    )
    .unwrap();
    let error = shop::catalog()
        .check_lock_with(&path, Mode::Forward)
        .unwrap_err();
    assert!(matches!(error, LockError::Outdated { .. }), "{error}");
    let error = shop::catalog()
        .check_lock_with(&path, Mode::Backward)
        .unwrap_err();
    assert!(matches!(error, LockError::Incompatible { .. }), "{error}");
}

#[test]
fn a_malformed_file_is_an_error() {
    let path = path("malformed.json");
    let broken_attribute =
        r#"{"version":1,"events":{"t":{"attributes":{"a":{"odd":1}},"data":{}}}}"#;
    for (text, part) in [
        ("<<<<<<< HEAD", "expected value"),
        (
            r#"{"version":0,"events":{}}"#,
            "its version is 0, expected 1",
        ),
        (
            r#"{"version":1,"events":{},"more":1}"#,
            "unknown field `more`",
        ),
        (
            r#"{"version":1,"events":{"t":{"data":{}},"t":{"data":true}}}"#,
            "duplicate member \"t\"",
        ),
        (
            r#"{"version":1,"events":{"t":{"data":{"type":"integer","type":"string"}}}}"#,
            "duplicate member \"type\"",
        ),
        ("", "EOF"),
        (r#"{"version":1,"events":{"t":{"da"#, "EOF"),
        (
            broken_attribute,
            "the attribute \"a\" of \"t\" has an unknown form",
        ),
    ] {
        fs::write(&path, text).unwrap();
        let error = shop::catalog().check_lock(&path).unwrap_err();
        assert!(matches!(error, LockError::MalformedFile { .. }));
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(run(&path, "update").status.success());
    shop::catalog().check_lock(&path).unwrap();
}

#[test]
fn a_file_of_a_later_version_is_an_error_and_stays() {
    let path = path("later.json");
    let text = r#"{"version":2,"types":[]}"#;
    fs::write(&path, text).unwrap();
    let error = shop::catalog().check_lock(&path).unwrap_err();
    assert!(
        matches!(&error, LockError::NewerFile { version: 2, .. }),
        "{error}"
    );
    assert!(error.to_string().contains("later.json has version 2"));
    assert!(!run(&path, "update").status.success());
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    let error = text.parse::<Lock>().unwrap_err();
    assert!(
        matches!(&error, LockError::Newer { version: 2, .. }),
        "{error}"
    );
}

#[test]
fn an_unknown_value_of_the_variable_is_an_error() {
    let output = run(&path("unknown.json"), "yes");
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr).into_owned()
        + &String::from_utf8_lossy(&output.stdout);
    assert!(said.contains("EVENTKIT_LOCK is \"yes\""), "{said}");
}

#[test]
fn line_ends_and_the_order_of_members_have_no_effect() {
    let path = path("crlf.json");
    let text = shop::catalog().lock().to_string().replace('\n', "\r\n");
    fs::write(&path, text).unwrap();
    shop::catalog().check_lock(&path).unwrap();
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_is_kept() {
    let (path, target) = (path("link.json"), path("target.json"));
    fs::write(&target, "").unwrap();
    std::os::unix::fs::symlink(&target, &path).unwrap();
    assert!(run(&path, "update").status.success());
    assert!(fs::symlink_metadata(&path).unwrap().is_symlink());
    assert_eq!(
        fs::read_to_string(&target).unwrap(),
        shop::catalog().lock().to_string()
    );
}
