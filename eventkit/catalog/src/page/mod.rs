//! The page: one HTML document with its style and script.

mod details;
mod escape;
mod event;
mod fields;
mod handler;
mod policy;

pub(crate) use escape::escape;
#[cfg(feature = "axum")]
pub(crate) use policy::content_security_policy;

use crate::catalog::Catalog;
use crate::graph;
use crate::keys::Keys;

const PAGE_STYLE: &str = include_str!("page.css");
const GRAPH_STYLE: &str = include_str!("../graph/graph.css");
const SCRIPT: &str = include_str!("page.js");

/// Returns the style sheet.
fn style() -> String {
    format!("{PAGE_STYLE}{GRAPH_STYLE}")
}

/// Returns the page. `documents` is the path of the documents next to it, if a router serves them.
pub(crate) fn html(catalog: &Catalog, documents: Option<&str>) -> String {
    let keys = Keys::new(catalog);
    let info = catalog.info();
    let title = escape(&info.title);
    let description = info
        .description
        .as_deref()
        .map(details::paragraphs)
        .unwrap_or_default();
    let links = documents.map(documents_list).unwrap_or_default();
    let graph = if catalog.events().is_empty() && catalog.handlers().is_empty() {
        String::new()
    } else {
        format!(
            "<section class=\"graph-section\"><h2 id=\"graph\">Graph</h2>\n\
             <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Graph\">{}</div></section>\n",
            graph::linked(catalog, &keys)
        )
    };
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n\
         <header>\n<h1>{title} <span class=\"version\">{version}</span></h1>\n{description}{links}</header>\n\
         <div class=\"columns\">\n{nav}<main>\n{graph}{events}{handlers}\
         <p id=\"none\" hidden>Nothing matches.</p>\n</main>\n</div>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        policy = escape(&policy::in_document(&style(), SCRIPT)),
        style = style(),
        version = escape(&info.version),
        nav = navigation(catalog, &keys),
        events = events(catalog, &keys, documents),
        handlers = handlers(catalog, &keys),
    )
}

fn documents_list(documents: &str) -> String {
    let link =
        |file: &str, text: &str| format!("<a href=\"{}{file}\">{text}</a>", escape(documents));
    format!(
        "<p class=\"documents\">{} {} {}</p>\n",
        link("asyncapi.json", "AsyncAPI (JSON)"),
        link("asyncapi.yaml", "AsyncAPI (YAML)"),
        link("graph.svg", "Graph (SVG)"),
    )
}

fn navigation(catalog: &Catalog, keys: &Keys) -> String {
    let item = |anchor: &str, text: &str, search: &str| {
        format!(
            "<li data-search=\"{}\"><a href=\"#{}\">{}</a></li>\n",
            escape(search),
            escape(anchor),
            details::breakable(text)
        )
    };
    let events = catalog.events().iter();
    let events: String = events
        .map(|event| {
            item(
                &keys.event_anchor(&event.ty),
                &event.ty,
                &event::search(event),
            )
        })
        .collect();
    let handlers = catalog.handlers().iter().enumerate();
    let handlers: String = handlers
        .map(|(at, info)| {
            item(
                &keys.handler_anchor(at),
                info.short_name(),
                &handler::search(info),
            )
        })
        .collect();
    format!(
        "<nav>\n<label for=\"search\">Search</label>\n\
         <input id=\"search\" type=\"search\" autocomplete=\"off\" placeholder=\"Event, field, handler…\">\n\
         <p id=\"count\" role=\"status\"></p>\n\
         <div class=\"lists\"><h2>Events</h2>\n<ul>\n{events}</ul>\n<h2>Handlers</h2>\n<ul>\n{handlers}</ul></div>\n</nav>\n"
    )
}

fn events(catalog: &Catalog, keys: &Keys, documents: Option<&str>) -> String {
    let sections = catalog
        .events()
        .iter()
        .map(|event| event::section(catalog, keys, event, documents));
    let sections: String = sections.collect();
    format!("<section class=\"list\"><h2 id=\"events\">Events</h2>\n{sections}</section>\n")
}

fn handlers(catalog: &Catalog, keys: &Keys) -> String {
    let sections = (0..catalog.handlers().len()).map(|at| handler::section(catalog, keys, at));
    let sections: String = sections.collect();
    if sections.is_empty() {
        return sections;
    }
    format!("<section class=\"list\"><h2 id=\"handlers\">Handlers</h2>\n{sections}</section>\n")
}
