//! The page in a browser.

use std::path::Path;

use axum::Router;
use eventkit_catalog::Catalog;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::session::{Session, View};
use crate::{hostile, shop};

/// The widths of a phone and a desktop, in light and dark.
const VIEWS: [View; 4] = [
    View {
        width: 390,
        height: 844,
        scheme: "light",
    },
    View {
        width: 390,
        height: 844,
        scheme: "dark",
    },
    View {
        width: 1280,
        height: 900,
        scheme: "light",
    },
    View {
        width: 1280,
        height: 900,
        scheme: "dark",
    },
];

/// Serves a catalog below a path, and returns the URL of its page.
async fn serve(catalog: &Catalog) -> String {
    let app: Router = Router::new().nest("/catalog", catalog.router());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(axum::serve(listener, app).into_future());
    format!("http://{address}/catalog")
}

/// Opens a catalog in a browser, or returns `None` where the tests with one are turned off.
async fn opened(catalog: &Catalog) -> Option<Session> {
    let session = Session::start().await?;
    session.open(&serve(catalog).await).await;
    Some(session)
}

/// Returns the headings of the articles that are shown.
async fn shown(session: &Session) -> Value {
    let script = "return [...document.querySelectorAll('article')].filter(a => a.checkVisibility()) \
                  .map(a => a.querySelector('h3').textContent)";
    session.run(script).await
}

#[tokio::test]
async fn the_search_finds_events_fields_and_handlers() {
    let Some(session) = opened(&shop::catalog()).await else {
        return;
    };
    assert_eq!(shown(&session).await.as_array().unwrap().len(), 8);
    // A field of a line of an order.
    session.write("#search", "lines[].quantity").await;
    assert_eq!(shown(&session).await, json!(["co.outcome.order.placed"]));
    assert_eq!(
        session
            .run("return document.getElementById('count').textContent")
            .await,
        "1 result"
    );
    // All words, in any case.
    session.write("#search", "CARD charge").await;
    assert_eq!(shown(&session).await, json!(["charge-card"]));
    session.write("#search", "nothing like it").await;
    assert_eq!(shown(&session).await, json!([]));
    let none = "return document.getElementById('none').checkVisibility()";
    assert_eq!(session.run(none).await, true);
    // A link to what is hidden shows it.
    session
        .run("location.hash = '#event-co.outcome.order.paid'; return null")
        .await;
    let everything = "return document.getElementById('search').value === '' && \
                      document.querySelectorAll('article:not([hidden])').length";
    let mut all = session.run(everything).await;
    for _ in 0..100 {
        if all == 8 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        all = session.run(everything).await;
    }
    assert_eq!(all, 8);
}

#[tokio::test]
async fn schemas_and_examples_can_be_opened() {
    let Some(session) = opened(&shop::catalog()).await else {
        return;
    };
    let article = "[id='event-co.outcome.order.placed']";
    let read = |at: usize| {
        format!(
            "const d = document.querySelectorAll(\"{article} details\")[{at}]; \
                 return d.querySelector('pre').checkVisibility() && JSON.parse(d.querySelector('pre').innerText)"
        )
    };
    assert_eq!(session.run(&read(0)).await, false);
    session
        .click(&format!("{article} details:nth-of-type(1) summary"))
        .await;
    session
        .click(&format!("{article} details:nth-of-type(2) summary"))
        .await;
    let example = session.run(&read(0)).await;
    assert_eq!(example["type"], "co.outcome.order.placed");
    assert_eq!(example["data"]["lines"][0]["article"], "article");
    let schema = session.run(&read(1)).await;
    assert_eq!(
        &schema,
        shop::catalog()
            .json_schema("co.outcome.order.placed")
            .unwrap()
    );
}

#[tokio::test]
async fn the_policy_allows_the_page_and_nothing_else() {
    let Some(session) = opened(&shop::catalog()).await else {
        return;
    };
    let styled = "return getComputedStyle(document.querySelector('article')).borderTopStyle";
    assert_eq!(session.run(styled).await, "solid");
    assert_eq!(
        session
            .run("return performance.getEntriesByType('resource').length")
            .await,
        0
    );
    let refused = "return new Promise(done => { document.addEventListener('securitypolicyviolation', \
                   event => done(event.effectiveDirective)); const image = new Image(); image.src = '/x.png'; \
                   document.body.append(image); })";
    assert_eq!(session.run(refused).await, "img-src");
}

#[tokio::test]
async fn hostile_names_run_nothing() {
    let Some(session) = opened(&hostile::catalog()).await else {
        return;
    };
    assert_eq!(
        session.run("return window.hacked ?? null").await,
        Value::Null
    );
    assert_eq!(
        session.run("return document.title").await,
        "</title><script>window.hacked=1</script>"
    );
    let heading = session
        .run("return document.querySelector('article h3').textContent")
        .await;
    assert!(heading.as_str().unwrap().contains("</script>"));
    assert_eq!(
        session
            .run("return document.images.length + document.scripts.length")
            .await,
        1
    );
    assert_eq!(session.run(SPILLS).await, json!([]));
}

/// Returns the elements that reach beyond the page, other than within an area that scrolls.
const SPILLS: &str = "
    const width = document.documentElement.clientWidth;
    return [...document.querySelectorAll('body *')]
        .filter(e => !e.closest('.scroll, pre, svg') && e.checkVisibility())
        .filter(e => e.getBoundingClientRect().right > width + 1 && getComputedStyle(e).position !== 'absolute')
        .map(e => e.outerHTML.slice(0, 80));
";

/// Returns the texts with a contrast of less than 4.5 to their background.
const FAINT: &str = "
    const channels = c => c.match(/[\\d.]+/g).map(Number);
    const light = c => channels(c).slice(0, 3).map(v => v / 255)
        .map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, at) => sum + v * [0.2126, 0.7152, 0.0722][at], 0);
    const ground = e => {
        for (; e; e = e.parentElement) {
            const c = getComputedStyle(e).backgroundColor;
            if ((channels(c)[3] ?? 1) > 0) return c;
        }
        return 'rgb(255, 255, 255)';
    };
    const contrast = (a, b) => {
        const [x, y] = [light(a), light(b)].sort((a, b) => b - a);
        return (x + 0.05) / (y + 0.05);
    };
    const texts = [...document.querySelectorAll('body *:not(svg, svg *)')]
        .filter(e => e.checkVisibility() && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()))
        .filter(e => contrast(getComputedStyle(e).color, ground(e)) < 4.5);
    const nodes = [...document.querySelectorAll('svg g')]
        .filter(g => contrast(getComputedStyle(g.querySelector('text')).fill,
            getComputedStyle(g.querySelector('rect')).fill) < 4.5);
    return [...texts, ...nodes].map(e => e.outerHTML.slice(0, 80));
";

/// Returns the labels of the graph that are wider than their boxes.
const CUT: &str = "
    return [...document.querySelectorAll('svg g')]
        .filter(g => g.querySelector('text').getBBox().width > g.querySelector('rect').getBBox().width - 8)
        .map(g => g.textContent);
";

#[tokio::test]
async fn the_page_is_readable_on_phones_and_desktops_in_light_and_dark() {
    let Some(session) = opened(&shop::catalog()).await else {
        return;
    };
    let folder = std::env::var_os("EVENTKIT_SCREENSHOTS");
    for view in VIEWS {
        session.view(view).await;
        session
            .run(
                "document.querySelectorAll('details').forEach(d => { d.open = true }); return null",
            )
            .await;
        for script in [SPILLS, FAINT, CUT] {
            assert_eq!(session.run(script).await, json!([]), "{view:?}");
        }
        let dark = session
            .run("return getComputedStyle(document.body).backgroundColor")
            .await;
        assert_eq!(dark == "rgb(18, 21, 27)", view.scheme == "dark", "{dark}");
        if let Some(folder) = &folder {
            let name = format!("{}-{}.png", view.width, view.scheme);
            std::fs::write(Path::new(folder).join(name), session.screenshot().await).unwrap();
        }
    }
}
