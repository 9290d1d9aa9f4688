//! Each public type, trait and macro has an example, or a link to an item or page with one.

use std::collections::BTreeSet;

use crate::public_items::{self, Documented, Kind};
use crate::workspace::published;

#[test]
fn each_public_item_has_an_example_or_a_link_to_one() {
    let packages = published();
    let items: Vec<Documented> = packages
        .iter()
        .flat_map(|package| public_items::of_crate(&package.crate_name(), package.folder()))
        .collect();
    let with_example = |item: &&Documented| item.texts().any(has_example);
    let targets = items.iter().filter(with_example);
    let targets: BTreeSet<&str> = targets.map(Documented::name).collect();
    let missing: Vec<&str> = items
        .iter()
        .filter(|item| match item.kind {
            Kind::Type => {
                !with_example(item) && !item.texts().any(|docs| links_to(docs, item, &targets))
            }
            // The page that exports it must have an example that names it.
            Kind::Expanded => {
                !with_example(item) || !links(&item.docs).any(|link| link == item.name())
            }
            Kind::Page => false,
        })
        .map(|item| item.path.as_str())
        .collect();
    assert!(
        missing.is_empty(),
        "{} of {} items without an example and without a link to one:\n{}",
        missing.len(),
        items.iter().filter(|item| item.kind != Kind::Page).count(),
        missing.join("\n")
    );
}

/// Returns whether a text has a code block that rustdoc compiles.
fn has_example(docs: &str) -> bool {
    const COMPILED: [&str; 5] = ["", "rust", "no_run", "should_panic", "compile_fail"];
    let fences = docs
        .lines()
        .filter_map(|line| line.trim().strip_prefix("```"));
    let mut openings = fences.step_by(2);
    openings.any(|info| info.split(',').all(|word| COMPILED.contains(&word.trim())))
}

/// Returns whether a text links to one of the items or pages, or to a function of one.
fn links_to(docs: &str, from: &Documented, targets: &BTreeSet<&str>) -> bool {
    let front_page = from.path.split("::").next().unwrap_or_default();
    links(docs).any(|path| match path {
        "crate" => targets.contains(front_page),
        _ => path.rsplit("::").take(2).any(|name| targets.contains(name)),
    })
}

/// Returns the paths of items that a text may link to: labels, targets, and definitions of targets.
fn links(docs: &str) -> impl Iterator<Item = &str> {
    let links = docs.split('[').skip(1).flat_map(|rest| {
        let (label, rest) = rest.split_once(']').unwrap_or_default();
        let target = rest
            .strip_prefix('(')
            .and_then(|rest| rest.split(')').next());
        let definition = rest.strip_prefix(": ").and_then(|rest| rest.lines().next());
        [Some(label), target, definition]
    });
    links.flatten().map(|link| {
        let link = link
            .trim_matches('`')
            .trim_end_matches("()")
            .trim_end_matches('!');
        link.rsplit('@').next().unwrap_or_default()
    })
}

#[test]
fn only_compiled_code_is_an_example() {
    assert!(has_example("Text.\n\n```\nlet one = 1;\n```"));
    assert!(has_example("```text\nno\n```\n\n```no_run\nrun();\n```"));
    assert!(!has_example("Text with `code`."));
    assert!(!has_example("```ignore\nlet one = 1;\n```"));
    assert!(!has_example("```text\nno\n```"));
}

#[test]
fn a_link_names_an_item_or_one_of_its_functions() {
    let targets = BTreeSet::from(["Registry", "filter", "shop"]);
    let from = Documented {
        path: "shop::Order".to_owned(),
        kind: Kind::Type,
        docs: String::new(),
        parts: Vec::new(),
    };
    for docs in [
        "See [`Registry`].",
        "See [`Registry::add`].",
        "See [the filters](mod@crate::filter).",
        "See [it].\n\n[it]: crate::Registry",
        "See the [crate].",
    ] {
        assert!(links_to(docs, &from, &targets), "{docs}");
    }
    for docs in ["See `Registry`.", "See [`Register`].", "See [Registry"] {
        assert!(!links_to(docs, &from, &targets), "{docs}");
    }
}
