//! A router with the page and the documents.

use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{OriginalUri, Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;

use crate::catalog::Catalog;
use crate::page;

impl Catalog {
    /// Returns a router that serves the page at `/`, and the documents at `/asyncapi.json`,
    /// `/asyncapi.yaml`, `/graph.svg` and `/schemas/{type}`.
    ///
    /// It can be nested: the links of the page are relative. The page is sent with a content security policy
    /// that allows nothing but its own style and script.
    ///
    /// ```
    /// use axum::Router;
    /// use eventkit_catalog::Catalog;
    ///
    /// let catalog = Catalog::builder("Shop", "1.0.0").build()?;
    /// let app: Router = Router::new().nest("/catalog", catalog.router());
    /// # Ok::<(), eventkit_catalog::CatalogError>(())
    /// ```
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let documents = Documents {
            asyncapi_json: self.asyncapi_json(),
            asyncapi_yaml: self.asyncapi_yaml(),
            svg: self.svg(),
            // The policy contains only ASCII.
            policy: HeaderValue::try_from(page::content_security_policy()).ok(),
            page: Mutex::default(),
            catalog: self.clone(),
        };
        Router::new()
            .route("/", get(page))
            .route("/asyncapi.json", get(asyncapi_json))
            .route("/asyncapi.yaml", get(asyncapi_yaml))
            .route("/graph.svg", get(graph))
            .route("/schemas/{type}", get(schema))
            .with_state(Arc::new(documents))
    }
}

/// The documents, each made once.
struct Documents {
    asyncapi_json: String,
    asyncapi_yaml: String,
    svg: String,
    policy: Option<HeaderValue>,
    /// The page, and the path of its documents, which is known from the first request on.
    page: Mutex<Option<(String, Bytes)>>,
    catalog: Catalog,
}

impl Documents {
    /// Returns the page with the path of its documents. It is made again if a router with parameters changes the path.
    fn page(&self, prefix: &str) -> Bytes {
        let mut page = self.page.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, html)) = &*page
            && known == prefix
        {
            return html.clone();
        }
        let html = Bytes::from(page::html(&self.catalog, Some(prefix)));
        *page = Some((prefix.to_owned(), html.clone()));
        html
    }
}

type Shared = State<Arc<Documents>>;

async fn page(State(documents): Shared, OriginalUri(uri): OriginalUri) -> impl IntoResponse {
    let html = documents.page(&prefix(uri.path()));
    let mut headers = HeaderMap::new();
    if let Some(policy) = &documents.policy {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    }
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    (headers, Html(html))
}

/// Returns the path from a page to the documents below it, without a leading slash: a browser resolves links
/// from the last slash of the page's own path.
fn prefix(path: &str) -> String {
    match path.rsplit_once('/') {
        Some((_, last)) if !last.is_empty() => format!("./{last}/"),
        _ => "./".to_owned(),
    }
}

/// Returns a response with a media type that browsers do not reinterpret.
fn document(media_type: &'static str, text: String) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, media_type),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // An image that is opened by itself runs nothing either.
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'",
        ),
    ];
    (headers, text)
}

async fn asyncapi_json(State(documents): Shared) -> impl IntoResponse {
    document("application/json", documents.asyncapi_json.clone())
}

async fn asyncapi_yaml(State(documents): Shared) -> impl IntoResponse {
    document("application/yaml", documents.asyncapi_yaml.clone())
}

async fn graph(State(documents): Shared) -> impl IntoResponse {
    document("image/svg+xml", documents.svg.clone())
}

async fn schema(
    State(documents): Shared,
    Path(ty): Path<String>,
) -> Result<impl IntoResponse, StatusCode> {
    let schema = documents
        .catalog
        .json_schema(&ty)
        .ok_or(StatusCode::NOT_FOUND)?;
    Ok(document("application/schema+json", format!("{schema:#}\n")))
}
