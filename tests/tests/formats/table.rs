//! The table of the formats names tests that exist.

use std::fs;
use std::path::Path;

#[test]
fn the_table_names_tests_that_exist() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(tests.join("vectors/formats.md")).unwrap();
    let mut count = 0;
    for section in table.split("\n## ").skip(1) {
        let format = section.lines().next().unwrap().to_lowercase();
        let names = section.split('`').skip(1).step_by(2);
        for (module, name) in names.filter_map(|name| name.split_once("::")) {
            let file = tests.join(format!("tests/formats/{format}/{module}.rs"));
            let code = fs::read_to_string(&file);
            let code = code.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            let test = format!("#[test]\nfn {name}() {{");
            assert!(code.contains(&test), "{format}::{module}::{name}");
            count += 1;
        }
    }
    assert!(count > 40, "{count} names");
}
