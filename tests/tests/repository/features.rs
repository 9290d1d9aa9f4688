//! The features of each crate.

use crate::workspace::{cargo, published};

#[test]
#[ignore = "takes minutes; `tests/run` runs it"]
fn each_crate_builds_without_warnings_without_features_and_with_each_alone() {
    for package in published() {
        let own = package.features.keys().map(String::as_str);
        for feature in own.filter(|feature| *feature != "default").chain([""]) {
            println!("{} --features \"{feature}\"", package.name);
            let check = [
                "check",
                "--message-format=json",
                "--no-default-features",
                "-p",
            ];
            let said =
                cargo(&[&check, &[package.name.as_str(), "--features", feature][..]].concat());
            let warnings = said
                .lines()
                .filter(|line| line.contains(r#""level":"warning""#));
            assert_eq!(warnings.collect::<Vec<_>>(), Vec::<&str>::new());
        }
    }
}
