//! The features of each crate.

use crate::workspace::{cargo, published};

#[test]
#[ignore = "takes minutes; `tests/run` runs it"]
fn each_crate_builds_without_features_and_with_each_alone() {
    for package in published() {
        let own = package.features.keys().map(String::as_str);
        for feature in own.filter(|feature| *feature != "default").chain([""]) {
            println!("{} --features \"{feature}\"", package.name);
            let check = ["check", "--quiet", "--no-default-features", "-p"];
            cargo(&[&check, &[package.name.as_str(), "--features", feature][..]].concat());
        }
    }
}
