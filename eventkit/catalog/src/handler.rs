//! The handlers of a catalog.

use eventkit::{Handler, Policy};

/// A handler of a [`Catalog`](crate::Catalog).
///
/// ```
/// use eventkit::{Event, Registry};
/// use eventkit_catalog::Catalog;
///
/// static AUDIT: Registry = Registry::new("audit");
/// AUDIT.with_name("audit").register("co.outcome.*", |event: &Event| println!("{event}"));
///
/// let catalog = Catalog::of(&AUDIT).build()?;
/// let audit = &catalog.handlers()[0];
/// assert_eq!(audit.durable_name.as_deref(), Some("audit"));
/// assert_eq!(audit.patterns, ["co.outcome.*"]);
/// # Ok::<(), eventkit_catalog::CatalogError>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct HandlerInfo {
    /// The path of the function, such as `shop::ship`.
    pub name: String,
    /// The name of the registry.
    pub registry: String,
    /// The name of the subscription in services, if the handler has one.
    pub durable_name: Option<String>,
    /// The event types and patterns that the handler handles.
    pub patterns: Vec<String>,
    /// The event types that it emits; `*` stands for any type.
    pub emits: Vec<String>,
    /// The path of the Rust type that it takes, or `None` for the envelope.
    pub takes: Option<&'static str>,
    /// The position among the handlers of a type. Lower values run first.
    pub order: i32,
    /// Whether it is async.
    pub is_async: bool,
    /// The filter that an event must match.
    pub filter: Option<String>,
    /// The handler's own policy. A service may set what it leaves open.
    pub policy: Policy,
    /// The file and line of the function.
    pub location: String,
    handled: Vec<String>,
}

impl HandlerInfo {
    pub(crate) fn new(registry: &str, handler: &Handler) -> Self {
        Self {
            name: handler.name().to_owned(),
            registry: registry.to_owned(),
            durable_name: handler.durable_name().map(str::to_owned),
            patterns: handler.patterns().map(str::to_owned).collect(),
            emits: handler.emits().map(str::to_owned).collect(),
            takes: handler.event_name(),
            order: handler.order(),
            is_async: handler.is_async(),
            filter: handler.filter().map(ToString::to_string),
            policy: handler.policy(),
            location: format!("{}:{}", handler.location().file, handler.location().line),
            handled: Vec::new(),
        }
    }

    /// Records which of the event types of the catalog the handler handles.
    pub(crate) fn resolve<'t>(&mut self, handler: &Handler, types: impl Iterator<Item = &'t str>) {
        let known = types.filter(|ty| handler.handles(ty));
        self.handled = known.map(str::to_owned).collect();
    }

    /// Returns the event types of the catalog that the handler handles.
    pub fn handled_types(&self) -> impl Iterator<Item = &str> {
        self.handled.iter().map(String::as_str)
    }

    /// Returns the durable name, or the name of the function without its path.
    #[must_use]
    pub fn short_name(&self) -> &str {
        match &self.durable_name {
            Some(name) => name,
            None => last_segment(&self.name),
        }
    }
}

/// Returns the name without its path. That of a closure is the function that contains it.
fn last_segment(name: &str) -> &str {
    let end = name.find("::{{closure}}").unwrap_or(name.len());
    let start = name[..end].rfind("::").map_or(0, |at| at + 2);
    &name[start..end]
}
