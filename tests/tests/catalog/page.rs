//! The page as text, and the files of a catalog.

use eventkit_catalog::Catalog;

use crate::{hostile, shop};

#[test]
fn the_page_shows_all_events_and_handlers() {
    let page = shop::catalog().page();
    for text in [
        "id=\"event-co.outcome.order.placed\"",
        "id=\"handler-charge-card\"",
        "A customer placed an order.",
        "include taxes",
        "lines[].<wbr>quantity",
        "payment.<wbr>last_<wbr>digits",
        "integer (uint64)",
        "map of string",
        "attempts: 5",
        "opens after 20 failures, for 1 min",
        "region = &#39;eu&#39;",
        "Emits",
    ] {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn the_page_loads_nothing() {
    let page = shop::catalog().page();
    for text in [
        "src=",
        "@import",
        "url(http",
        "<link",
        "fetch(",
        "XMLHttpRequest",
    ] {
        assert!(!page.contains(text), "{text}");
    }
    assert!(page.contains("default-src &#39;none&#39;"));
}

#[test]
fn texts_cannot_leave_their_place() {
    let page = hostile::catalog().page();
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</script").count(), 1);
    assert_eq!(page.matches("<style").count(), 1);
    assert_eq!(page.matches("</style").count(), 1);
    assert_eq!(
        page.matches("</title>").count() - page.matches("<g ").count(),
        1
    );
    assert!(!page.contains("<img") && !page.contains("<b>"));
}

#[test]
fn the_files_of_a_catalog_are_written() {
    let folder = std::env::temp_dir().join(format!("eventkit-catalog-{}", std::process::id()));
    let catalog = shop::catalog();
    catalog.write(&folder).unwrap();
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    assert_eq!(read("index.html"), catalog.page());
    assert_eq!(read("asyncapi.json"), catalog.asyncapi_json());
    assert_eq!(read("asyncapi.yaml"), catalog.asyncapi_yaml());
    assert_eq!(read("graph.svg"), catalog.svg());
    assert_eq!(read("graph.mmd"), catalog.mermaid());
    // A file is in the place of the folder.
    let error = catalog.write(folder.join("index.html")).unwrap_err();
    assert_eq!(error.path, folder.join("index.html"));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn an_empty_catalog_has_a_page() {
    let page = Catalog::builder("Nothing", "0").build().unwrap().page();
    assert!(page.contains("Nothing") && !page.contains("<svg"));
}
