//! The section of a handler.

use super::details::{breakable, code, facts, links};
use super::escape;
use crate::catalog::Catalog;
use crate::handler::HandlerInfo;
use crate::keys::Keys;
use crate::policy;

/// Returns the text that a search looks at.
pub(super) fn search(handler: &HandlerInfo) -> String {
    let mut words = vec![handler.name.clone(), handler.registry.clone()];
    words.extend(handler.durable_name.clone());
    words.extend(handler.patterns.clone());
    words.extend(handler.emits.clone());
    words.extend(handler.filter.clone());
    words.join(" ").to_lowercase()
}

/// Returns the section of the handler at a position.
pub(super) fn section(catalog: &Catalog, keys: &Keys, at: usize) -> String {
    let handler = &catalog.handlers()[at];
    format!(
        "<article id=\"{}\" data-search=\"{}\">\n<h3>{}</h3>\n{}</article>\n",
        escape(&keys.handler_anchor(at)),
        escape(&search(handler)),
        breakable(handler.short_name()),
        facts(&facts_of(catalog, keys, handler))
    )
}

fn facts_of(catalog: &Catalog, keys: &Keys, handler: &HandlerInfo) -> Vec<(&'static str, String)> {
    let known = |types: &mut dyn Iterator<Item = &str>| {
        let types: Vec<&str> = types.filter(|ty| catalog.event(ty).is_some()).collect();
        let found: Vec<(String, &str)> = types
            .iter()
            .map(|ty| (keys.event_anchor(ty), *ty))
            .collect();
        (!found.is_empty()).then(|| links(&found))
    };
    let codes = |texts: &[String]| {
        texts
            .iter()
            .map(|text| code(text))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let unknown = |ty: &&String| catalog.event(ty).is_none();
    let emits_any: Vec<String> = handler.emits.iter().filter(unknown).cloned().collect();
    let types = handler.handled_types().map(str::to_owned);
    let has_patterns = !types.eq(handler.patterns.iter().cloned());
    let rest = [
        ("Pattern", has_patterns.then(|| codes(&handler.patterns))),
        ("Handles", known(&mut handler.handled_types())),
        (
            "Emits",
            known(&mut handler.emits.iter().map(String::as_str)),
        ),
        (
            "Emits also",
            (!emits_any.is_empty()).then(|| codes(&emits_any)),
        ),
        ("Filter", handler.filter.as_deref().map(code)),
        (
            "Takes",
            Some(
                handler
                    .takes
                    .map_or_else(|| "the envelope".to_owned(), code),
            ),
        ),
        (
            "Function",
            Some(format!(
                "{}{}",
                code(&handler.name),
                if handler.is_async { ", async" } else { "" }
            )),
        ),
        ("Location", Some(code(&handler.location))),
        ("Durable name", handler.durable_name.as_deref().map(code)),
        ("Registry", Some(escape(&handler.registry))),
        (
            "Order",
            (handler.order != 0).then(|| handler.order.to_string()),
        ),
        ("Policy", policy_text(handler)),
    ];
    rest.into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// Returns the settings of the handler's own policy.
fn policy_text(handler: &HandlerInfo) -> Option<String> {
    let rows = policy::rows(&handler.policy);
    let rows = rows
        .iter()
        .map(|(name, value)| format!("{}: {}", escape(name), escape(value)));
    let text = rows.collect::<Vec<_>>().join("<br>");
    (!text.is_empty()).then_some(text)
}
