//! Parts that events and handlers have in common.

use std::fmt::Write;

use serde_json::Value;

use super::escape;

/// Returns a list of names and values, which are HTML.
pub(super) fn facts(facts: &[(&str, String)]) -> String {
    let mut list = "<dl class=\"facts\">".to_owned();
    for (name, value) in facts {
        // Writing to a string cannot fail.
        let _ = write!(list, "<div><dt>{}</dt><dd>{value}</dd></div>", escape(name));
    }
    list.push_str("</dl>\n");
    list
}

/// Returns text as code.
pub(super) fn code(text: &str) -> String {
    format!("<code>{}</code>", breakable(text))
}

/// Returns text that may break after the separators of names.
pub(super) fn breakable(text: &str) -> String {
    let escaped = escape(text);
    // Entities contain none of these characters.
    escaped
        .replace('.', ".<wbr>")
        .replace("::", "::<wbr>")
        .replace('/', "/<wbr>")
        .replace('_', "_<wbr>")
}

/// Returns links, separated by commas. Each is an anchor and a text.
pub(super) fn links(links: &[(String, &str)]) -> String {
    let links = links
        .iter()
        .map(|(anchor, text)| format!("<a href=\"#{}\">{}</a>", escape(anchor), code(text)));
    links.collect::<Vec<_>>().join(", ")
}

/// Returns text in paragraphs, which blank lines separate.
pub(super) fn paragraphs(text: &str) -> String {
    let paragraphs = text
        .split("\n\n")
        .filter(|paragraph| !paragraph.trim().is_empty());
    let paragraphs =
        paragraphs.map(|paragraph| format!("<p class=\"text\">{}</p>\n", inline(paragraph.trim())));
    paragraphs.collect()
}

/// Returns text with the parts between backticks as code.
pub(super) fn inline(text: &str) -> String {
    let parts = text.split('`');
    let count = parts.clone().count();
    let parts = parts.enumerate().map(|(at, part)| match at % 2 {
        1 if at + 1 < count => format!("<code>{}</code>", escape(part)),
        1 => format!("`{}", escape(part)),
        _ => escape(part),
    });
    parts.collect()
}

/// Returns JSON that can be opened.
pub(super) fn json(title: &str, value: &Value, open: bool) -> String {
    let open = if open { " open" } else { "" };
    format!(
        "<details{open}><summary>{}</summary><pre tabindex=\"0\"><code>{}</code></pre></details>\n",
        escape(title),
        escape(&format!("{value:#}"))
    )
}
