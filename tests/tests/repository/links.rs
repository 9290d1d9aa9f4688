//! Links in the pages of the repository lead to existing files and headings.

use std::fs;
use std::path::Path;

use crate::workspace::{files, root};

#[test]
fn each_relative_link_leads_to_a_file_and_a_heading() {
    let mut broken = Vec::new();
    for page in files(&root(), "md") {
        let text = fs::read_to_string(&page).unwrap();
        for link in links(&text) {
            let is_right = if is_included(&page) {
                // Rustdoc resolves items, and cannot link to other files of the repository.
                !link.contains('/') && !link.contains(".md")
            } else {
                leads_somewhere(&page, &text, &link)
            };
            if !is_right {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "broken links:\n{}", broken.join("\n"));
}

/// Returns whether a page is included in the documentation of a crate.
fn is_included(page: &Path) -> bool {
    page.parent().is_some_and(|folder| folder.ends_with("docs"))
}

/// Returns the links of a page that are neither URLs nor in code.
fn links(text: &str) -> Vec<String> {
    let blocks = text.split("```").step_by(2);
    let prose: String = blocks
        .flat_map(|block| block.split('`').step_by(2))
        .collect();
    let inline = prose
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    let definitions = prose.lines().filter_map(|line| {
        let (_, target) = line.strip_prefix('[')?.split_once("]: ")?;
        Some(target)
    });
    let targets = inline.chain(definitions).map(str::trim);
    let relative = targets.filter(|target| !target.contains("://"));
    relative.map(str::to_owned).collect()
}

fn leads_somewhere(page: &Path, text: &str, link: &str) -> bool {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let target = page.parent().unwrap_or(Path::new("")).join(path);
    if path.is_empty() {
        return headings(text).any(|own| own == heading);
    }
    let has_heading = || {
        let text = fs::read_to_string(&target).unwrap_or_default();
        headings(&text).any(|own| own == heading)
    };
    target.exists() && (heading.is_empty() || has_heading())
}

/// Returns the anchors of the headings of a page.
fn headings(text: &str) -> impl Iterator<Item = String> {
    let blocks = text.split("```").step_by(2);
    let headings = blocks
        .flat_map(str::lines)
        .filter(|line| line.starts_with('#'));
    headings.map(|line| {
        let title = line.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|char| char.is_alphanumeric() || " -_".contains(*char));
        kept.map(|char| if char == ' ' { '-' } else { char })
            .collect()
    })
}

#[test]
fn links_are_parsed_like_markdown() {
    let text = "See [a](a.md), [b](https://b.example), [`c`](c.rs) and [d].\n\n\
                ```rust\nx[0](y);\n```\n\n`[e](f)`\n\n[d]: d.md#two-words\n";
    assert_eq!(links(text), ["a.md", "c.rs", "d.md#two-words"]);
    let anchors: Vec<String> = headings("# Two words\n\n```sh\n# no\n```\n## `a` of b\n").collect();
    assert_eq!(anchors, ["two-words", "a-of-b"]);
}
