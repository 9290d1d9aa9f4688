//! The construction of catalogs.

use std::collections::BTreeMap;

use eventkit::{EventDescriptor, EventMembers, HandlerRef, Registry};

use crate::catalog::Catalog;
use crate::error::CatalogError;
use crate::event_type::EventType;
use crate::handler::HandlerInfo;
use crate::info::Info;
use crate::members::EventSchemas;
use crate::server::Server;

/// A builder of a [`Catalog`].
///
/// [`Catalog::of`] and [`Catalog::builder`] return one.
#[derive(Debug)]
#[must_use = "the catalog is created by `build`"]
pub struct CatalogBuilder {
    info: Info,
    handlers: Vec<(&'static str, HandlerRef)>,
    events: Vec<(EventDescriptor, EventType)>,
}

impl Catalog {
    /// Starts a catalog of the handlers of a registry. Its title is the name of the registry, and its
    /// version `0.0.0`.
    pub fn of(registry: &Registry) -> CatalogBuilder {
        Self::builder(registry.name(), "0.0.0").registry(registry)
    }

    /// Starts a catalog without handlers.
    pub fn builder(title: impl Into<String>, version: impl Into<String>) -> CatalogBuilder {
        CatalogBuilder::new(title.into(), version.into())
    }
}

impl CatalogBuilder {
    fn new(title: String, version: String) -> Self {
        Self {
            info: Info {
                title,
                version,
                description: None,
                servers: Vec::new(),
            },
            handlers: Vec::new(),
            events: Vec::new(),
        }
    }

    /// Sets the title.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.info.title = title.into();
        self
    }

    /// Sets the version of the program, such as `env!("CARGO_PKG_VERSION")`.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.info.version = version.into();
        self
    }

    /// Sets the description.
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.info.description = Some(description.into());
        self
    }

    /// Adds a server.
    pub fn server(mut self, server: Server) -> Self {
        self.info.servers.push(server);
        self
    }

    /// Adds the handlers of a registry, and the event types that they handle and emit.
    pub fn registry(mut self, registry: &Registry) -> Self {
        let handlers = registry.handlers();
        self.handlers
            .extend(handlers.map(|handler| (registry.name(), handler)));
        self
    }

    /// Adds the event types of a Rust type, with the JSON Schema of their data.
    ///
    /// The type is a struct, or an enum of structs. Each struct implements
    /// [`JsonSchema`](schemars::JsonSchema).
    ///
    /// ```
    /// use eventkit::CloudEvent;
    /// use eventkit_catalog::Catalog;
    /// use schemars::JsonSchema;
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
    /// #[cloudevent(type = "co.outcome.order.placed", source = "/shop")]
    /// struct OrderPlaced { order_id: String }
    ///
    /// #[derive(Serialize, Deserialize, JsonSchema, CloudEvent)]
    /// #[cloudevent(type = "co.outcome.order.paid", source = "/shop")]
    /// struct OrderPaid { order_id: String }
    ///
    /// #[derive(CloudEvent)]
    /// enum OrderEvent {
    ///     Placed(OrderPlaced),
    ///     Paid(OrderPaid),
    /// }
    ///
    /// let catalog = Catalog::builder("Shop", "1.0.0").events::<OrderEvent>().build()?;
    /// assert_eq!(catalog.events().len(), 2);
    /// # Ok::<(), eventkit_catalog::CatalogError>(())
    /// ```
    pub fn events<T>(mut self) -> Self
    where
        T: EventMembers,
        T::Members: EventSchemas,
    {
        T::Members::describe(&mut |descriptor, contracts| {
            let event = EventType::with_schema(&descriptor, contracts);
            self.events.push((descriptor, event));
        });
        self
    }

    /// Builds the catalog.
    ///
    /// # Errors
    ///
    /// Returns an error if two Rust types have the same event type, but other attributes or another
    /// schema.
    pub fn build(self) -> Result<Catalog, CatalogError> {
        let mut events: BTreeMap<String, EventType> = BTreeMap::new();
        for (descriptor, event) in self.events {
            match events.get(&event.ty) {
                Some(known) => check_same(known, &event)?,
                None => drop(events.insert(descriptor.ty.to_owned(), event)),
            }
        }
        let taken = self
            .handlers
            .iter()
            .flat_map(|(_, handler)| handler.event_descriptors());
        for descriptor in taken {
            let is_known = events.contains_key(descriptor.ty);
            if !is_known {
                events.insert(descriptor.ty.to_owned(), EventType::described(descriptor));
            }
        }
        for ty in mentioned(&self.handlers) {
            events.entry(ty).or_insert_with_key(|ty| discovered(ty));
        }
        let handlers = self.handlers.iter().map(|(registry, handler)| {
            let mut info = HandlerInfo::new(registry, handler);
            info.resolve(handler, events.keys().map(String::as_str));
            info
        });
        let handlers = handlers.collect();
        Ok(Catalog::new(
            self.info,
            events.into_values().collect(),
            handlers,
        ))
    }
}

/// Returns the event types that handlers name in patterns and emissions.
fn mentioned(handlers: &[(&'static str, HandlerRef)]) -> Vec<String> {
    let types = handlers.iter().flat_map(|(_, handler)| {
        let patterns = handler.patterns().map(str::to_owned);
        let emitted = handler.emits().map(str::to_owned);
        patterns.chain(emitted).collect::<Vec<_>>()
    });
    types
        .filter(|ty| !ty.split('.').any(|segment| segment == "*"))
        .collect()
}

/// Returns an event type with the attributes of its Rust type, if the program has exactly one.
fn discovered(ty: &str) -> EventType {
    let mut found = eventkit::event_descriptors().filter(|event| event.ty == ty);
    match (found.next(), found.next()) {
        (Some(descriptor), None) => EventType::described(descriptor),
        _ => EventType::named(ty),
    }
}

/// Checks that two definitions of an event type agree.
fn check_same(first: &EventType, second: &EventType) -> Result<(), CatalogError> {
    let difference = if first.attributes != second.attributes {
        "their attributes"
    } else if first.data_content_type != second.data_content_type
        || first.data_schema != second.data_schema
    {
        "the media type or schema URI of their data"
    } else if first.schema != second.schema {
        "the schema of their data"
    } else {
        return Ok(());
    };
    Err(CatalogError::Conflict {
        ty: first.ty.clone(),
        first: first.rust_type.unwrap_or_default(),
        second: second.rust_type.unwrap_or_default(),
        difference,
    })
}
