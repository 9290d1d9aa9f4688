//! Catalogs of events and handlers.

use std::path::Path;
use std::{fs, io};

use crate::error::WriteError;
use crate::event_type::EventType;
use crate::handler::HandlerInfo;
use crate::info::Info;
use crate::lock::{Lock, LockError, Mode};
use crate::{asyncapi, graph, page};

/// The events and handlers of a program.
///
/// ```
/// use eventkit::{CloudEvent, Registry, handles};
/// use eventkit_catalog::Catalog;
/// use schemars::JsonSchema;
/// use serde::{Deserialize, Serialize};
///
/// /// A customer placed an order.
/// #[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
/// #[cloudevent(type = "co.outcome.order.placed", source = "/shop/orders")]
/// struct OrderPlaced {
///     order_id: String,
/// }
///
/// static SHOP: Registry = Registry::new("shop");
///
/// #[handles(registry = SHOP)]
/// fn send_receipt(_order: &OrderPlaced) {}
///
/// # fn main() -> Result<(), eventkit_catalog::CatalogError> {
/// let catalog = Catalog::of(&SHOP).events::<OrderPlaced>().build()?;
/// assert_eq!(catalog.handlers()[0].short_name(), "send_receipt");
/// assert!(catalog.mermaid().starts_with("flowchart LR"));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Catalog {
    info: Info,
    events: Vec<EventType>,
    handlers: Vec<HandlerInfo>,
}

impl Catalog {
    pub(crate) fn new(info: Info, events: Vec<EventType>, handlers: Vec<HandlerInfo>) -> Self {
        Self {
            info,
            events,
            handlers,
        }
    }

    pub(crate) fn info(&self) -> &Info {
        &self.info
    }

    /// Returns the event types, in order of their names.
    #[must_use]
    pub fn events(&self) -> &[EventType] {
        &self.events
    }

    /// Returns an event type by its name.
    #[must_use]
    pub fn event(&self, ty: &str) -> Option<&EventType> {
        let found = self.events.binary_search_by(|event| (*event.ty).cmp(ty));
        found.ok().map(|at| &self.events[at])
    }

    /// Returns the event types without a schema, which a lock does not cover.
    ///
    /// [`CatalogBuilder::events`](crate::CatalogBuilder::events) adds a schema.
    pub fn without_schema(&self) -> impl Iterator<Item = &EventType> {
        self.events.iter().filter(|event| event.schema.is_none())
    }

    /// Returns the handlers, in the order in which they run.
    #[must_use]
    pub fn handlers(&self) -> &[HandlerInfo] {
        &self.handlers
    }

    /// Returns the AsyncAPI document as a value, with its members in alphabetical order.
    #[must_use]
    pub fn asyncapi(&self) -> serde_json::Value {
        asyncapi::document(self)
    }

    /// Returns the AsyncAPI 3.1 document as JSON.
    #[must_use]
    pub fn asyncapi_json(&self) -> String {
        format!("{:#}\n", self.asyncapi())
    }

    /// Returns the AsyncAPI 3.1 document as YAML.
    #[cfg(feature = "yaml")]
    #[must_use]
    pub fn asyncapi_yaml(&self) -> String {
        asyncapi::yaml(&self.asyncapi())
    }

    /// Returns the JSON Schema of the data of an event type, as readers accept it.
    #[must_use]
    pub fn json_schema(&self, ty: &str) -> Option<&serde_json::Value> {
        Some(&self.event(ty)?.schema.as_ref()?.read)
    }

    /// Returns the graph of events and handlers as a Mermaid flowchart.
    #[must_use]
    pub fn mermaid(&self) -> String {
        graph::mermaid(self)
    }

    /// Returns the graph of events and handlers as an SVG image, for light and dark backgrounds.
    #[must_use]
    pub fn svg(&self) -> String {
        graph::svg(self)
    }

    /// Returns the page as an HTML document that loads no other file.
    #[must_use]
    pub fn page(&self) -> String {
        page::html(self, None)
    }

    /// Writes the page, the AsyncAPI document and the graph into a folder, which is created if it is
    /// missing.
    ///
    /// The files are `index.html`, `asyncapi.json`, `graph.svg`, `graph.mmd`, and with the feature
    /// `yaml` `asyncapi.yaml`.
    ///
    /// # Errors
    ///
    /// Returns an error if the folder cannot be created, or a file cannot be written.
    pub fn write(&self, folder: impl AsRef<Path>) -> Result<(), WriteError> {
        let folder = folder.as_ref();
        let fail = |path: &Path, source: io::Error| WriteError {
            path: path.to_owned(),
            source,
        };
        fs::create_dir_all(folder).map_err(|error| fail(folder, error))?;
        let files = [
            ("index.html", self.page()),
            ("asyncapi.json", self.asyncapi_json()),
            #[cfg(feature = "yaml")]
            ("asyncapi.yaml", self.asyncapi_yaml()),
            ("graph.svg", self.svg()),
            ("graph.mmd", self.mermaid()),
        ];
        for (name, text) in files {
            let path = folder.join(name);
            fs::write(&path, text).map_err(|error| fail(&path, error))?;
        }
        Ok(())
    }

    /// Returns the lock of the event types that have a schema.
    #[must_use]
    pub fn lock(&self) -> Lock {
        Lock::of(self)
    }

    /// Checks the event types against a lock file, so that a test fails if a change breaks readers or
    /// writers. The mode is [`Mode::Full`].
    ///
    /// If the environment variable `EVENTKIT_LOCK` is `update`, the file is written instead.
    ///
    /// # Errors
    ///
    /// Returns an error if a change is incompatible, if the file is missing, malformed or out of date,
    /// if a later version of this crate wrote it, or if it cannot be written.
    pub fn check_lock(&self, path: impl AsRef<Path>) -> Result<(), LockError> {
        self.check_lock_with(path, Mode::Full)
    }

    /// Checks the event types against a lock file in a mode, as [`check_lock`](Catalog::check_lock) does.
    ///
    /// # Errors
    ///
    /// Returns an error if [`check_lock`](Catalog::check_lock) does.
    pub fn check_lock_with(&self, path: impl AsRef<Path>, mode: Mode) -> Result<(), LockError> {
        self.lock().check_file(path.as_ref(), mode)
    }
}
