//! The metadata of a handler.

use std::any::{TypeId, type_name};
use std::collections::HashSet;
use std::fmt;
use std::sync::LazyLock;

use super::decoded::TypedValue;
use super::failure::Failure;
use super::policy::Policy;
use super::state::Requirements;
use crate::filter::{Filter, FilterParseError};
use crate::pattern;
use crate::transport::StartPosition;
use crate::typed::{AttributeSource, CloudEvent, EventDescriptor, IsClone, VariantType};

/// The location of a handler in the source code.
///
/// ```
/// use eventkit::{Event, Registry};
///
/// static SHOP: Registry = Registry::new("shop");
/// SHOP.register("*", |_: &Event| {});
///
/// for handler in SHOP.handlers() {
///     let location = handler.location();
///     println!("{} in {}:{}", handler.name(), location.file, location.line);
/// }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Location {
    /// The path of the file, as passed to the compiler.
    pub file: &'static str,
    /// The line, starting at 1.
    pub line: u32,
    /// The column, starting at 1.
    pub column: u32,
}

impl Location {
    /// Creates a location.
    #[must_use]
    pub const fn new(file: &'static str, line: u32, column: u32) -> Self {
        Self { file, line, column }
    }
}

impl From<&'static std::panic::Location<'static>> for Location {
    fn from(location: &'static std::panic::Location<'static>) -> Self {
        Self::new(location.file(), location.line(), location.column())
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// A Rust type with one event type, or an enum of event types.
#[derive(Debug, Clone, Copy)]
pub struct TypedEvent {
    pub(super) id: TypeId,
    pub(super) name: fn() -> &'static str,
    pub(super) types: &'static [&'static str],
    pub(super) closed_set: bool,
    /// Whether a variant of the enum contains the events of all other types.
    pub(super) has_other: bool,
    /// The types that the variants of an enum contain.
    variants: &'static [VariantType],
    /// The extensions that the events of each type declare, or empty if they are unknown.
    pub(super) extensions: &'static [&'static [&'static str]],
    /// The descriptions of the event types, or empty if they are unknown.
    pub(super) descriptors: &'static [EventDescriptor],
    /// Whether the type is [`Clone`], if the handler takes it by value.
    owned: Option<IsClone>,
}

/// Where a handler gets its event from when a value is dispatched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TakenFrom {
    /// The value or a clone of it.
    Value,
    /// The envelope, from which the handler decodes its own value.
    Envelope,
    /// Nothing: the handler needs a clone, but the value cannot be cloned.
    Nothing,
}

impl TypedEvent {
    /// Returns the metadata of a Rust type.
    #[must_use]
    pub const fn of<T: CloudEvent>() -> Self {
        Self {
            id: TypeId::of::<T>(),
            name: type_name::<T>,
            types: T::TYPES,
            closed_set: T::CLOSED_SET,
            has_other: T::HAS_OTHER,
            variants: T::VARIANTS,
            extensions: T::EXTENSIONS,
            descriptors: T::DESCRIPTORS,
            owned: None,
        }
    }

    /// Returns the metadata for a handler that takes the type by value.
    #[must_use]
    pub(super) const fn taken_by_value(mut self, is_clone: IsClone) -> Self {
        self.owned = Some(is_clone);
        self
    }

    /// Returns the Rust type of the events of a type. For an enum, this is the type in its variant.
    pub(super) fn type_of(&self, ty: &str) -> Option<(TypeId, &'static str)> {
        let at = self.types.iter().position(|own| *own == ty)?;
        if !self.closed_set {
            return Some((self.id, (self.name)()));
        }
        let variant = self.variants.get(at)?;
        Some((variant.id, (variant.name)()))
    }

    /// Returns where a handler of this type gets its event from when a value is dispatched.
    pub(super) fn taken_from(&self, typed: TypedValue<'_>) -> TakenFrom {
        let is_clone = if self.closed_set {
            if self.owned.is_none() && (*typed.value).type_id() == self.id {
                return TakenFrom::Value;
            }
            let mut variants = self.variants.iter();
            variants
                .find(|variant| variant.id == typed.payload_type)
                .map(|variant| variant.is_clone)
        } else {
            let is_same = typed.payload_type == self.id;
            is_same.then(|| self.owned.unwrap_or(IsClone::Yes))
        };
        match is_clone {
            Some(IsClone::Yes) => TakenFrom::Value,
            Some(IsClone::No) if self.owned.is_some() => TakenFrom::Nothing,
            _ => TakenFrom::Envelope,
        }
    }

    /// Returns whether a handler can take any value of this type without an envelope.
    pub(super) fn takes_any_value(&self) -> bool {
        !self.closed_set && matches!(self.owned, None | Some(IsClone::Yes))
    }
}

/// The identity of a registry: its address, because names need not be unique.
#[derive(Debug)]
pub struct RegistryKey {
    pub(super) name: &'static str,
}

/// A filter literal that `#[handles]` checked at compile time, parsed on first use.
pub type LiteralFilter = LazyLock<Result<Filter, FilterParseError>>;

/// The metadata of a handler that is known at compile time or at registration.
#[derive(Debug, Clone, Copy)]
pub struct HandlerMetadata {
    /// The path of the function.
    pub name: &'static str,
    /// The location in the source code.
    pub location: Location,
    /// The Rust type that the handler takes, or `None` for the envelope.
    pub typed: Option<TypedEvent>,
    /// The event types and patterns. If empty, a typed handler handles the types of its Rust type.
    pub patterns: &'static [&'static str],
    /// The position among the handlers of a type. Lower values run first.
    pub order: i32,
    /// The registry that discovers the handler, or `None` for the default registry.
    pub registry: Option<&'static RegistryKey>,
    /// Whether an extractor reads the envelope.
    pub needs_event: bool,
    /// The event types that the function returns.
    pub returns: &'static [&'static str],
    /// The event types that each extractor sends.
    pub sends: &'static [&'static [&'static str]],
    /// The event types that `emits(..)` declares.
    pub emits: &'static [&'static [&'static str]],
    /// Adds the state that the extractors require.
    pub requires: fn(&mut Requirements),
    /// The filter of a handler with `#[handles]`.
    pub filter: Option<&'static LiteralFilter>,
    /// The durable name: ASCII letters, digits, `-` and `_`.
    pub durable_name: Option<&'static str>,
    /// The former durable names, most recent first.
    pub former_names: &'static [&'static str],
    /// The position at which a new subscription of the handler starts.
    pub start: Option<StartPosition>,
    /// The handler's own policy.
    pub policy: Policy,
}

impl HandlerMetadata {
    /// Returns the metadata of a handler without options.
    #[must_use]
    pub const fn new(
        name: &'static str,
        location: Location,
        typed: Option<TypedEvent>,
        patterns: &'static [&'static str],
    ) -> Self {
        Self {
            name,
            location,
            typed,
            patterns,
            order: 0,
            registry: None,
            needs_event: false,
            returns: &[],
            sends: &[],
            emits: &[],
            requires: |_| (),
            filter: None,
            durable_name: None,
            former_names: &[],
            start: None,
            policy: Policy::new(),
        }
    }
}

/// The metadata of a handler: its name, location, event types and options.
pub struct Handler {
    pub(super) metadata: HandlerMetadata,
    pub(super) is_async: bool,
    /// The pattern of a handler that was registered at run time.
    pub(super) pattern: Option<String>,
    /// The filter of a handler that was registered at run time.
    pub(super) filter: Option<Filter>,
    /// The event types that a registration at run time declares.
    pub(super) emits: Vec<&'static [&'static str]>,
}

impl Handler {
    /// Returns a sync handler without the options of a registration.
    pub(super) const fn new(metadata: &HandlerMetadata) -> Self {
        Self {
            metadata: *metadata,
            is_async: false,
            pattern: None,
            filter: None,
            emits: Vec::new(),
        }
    }

    /// Returns the name of the handler: the path of its function, such as `shop::ship`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.metadata.name
    }

    /// Returns the durable name, which services use for the handler's subscription, if it has one.
    ///
    /// It stays the same when the function is renamed.
    #[must_use]
    pub fn durable_name(&self) -> Option<&'static str> {
        self.metadata.durable_name
    }

    /// Returns the former durable names of the handler, most recent first.
    #[must_use]
    pub fn former_names(&self) -> &'static [&'static str] {
        self.metadata.former_names
    }

    /// Returns the position at which a new subscription of the handler starts, if the handler sets
    /// one.
    #[must_use]
    pub fn start(&self) -> Option<StartPosition> {
        self.metadata.start
    }

    /// Returns the handler's own policy.
    pub fn policy(&self) -> Policy {
        self.metadata.policy
    }

    /// Returns the location in the source code.
    #[must_use]
    pub fn location(&self) -> Location {
        self.metadata.location
    }

    /// Returns the position among the handlers of a type. Lower values run first.
    #[must_use]
    pub fn order(&self) -> i32 {
        self.metadata.order
    }

    /// Returns whether the handler is async.
    #[must_use]
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// Returns the name of the Rust type that the handler takes, or `None` if it takes the
    /// envelope.
    #[must_use]
    pub fn event_name(&self) -> Option<&'static str> {
        self.typed().map(|typed| (typed.name)())
    }

    /// Returns the descriptions of the events of the Rust type that the handler takes, or nothing if it
    /// takes the envelope.
    #[must_use]
    pub fn event_descriptors(&self) -> &'static [EventDescriptor] {
        self.typed().map_or(&[], |typed| typed.descriptors)
    }

    /// Returns the filter that an event must match for the handler to run.
    #[must_use]
    pub fn filter(&self) -> Option<&Filter> {
        self.parsed_filter()?.ok()
    }

    fn parsed_filter(&self) -> Option<Result<&Filter, &FilterParseError>> {
        let literal = self.metadata.filter.map(|filter| filter.as_ref());
        literal.or(self.filter.as_ref().map(Ok))
    }

    pub(super) fn has_filter(&self) -> bool {
        self.metadata.filter.is_some() || self.filter.is_some()
    }

    /// Returns whether an event matches the filter.
    pub(super) fn matches_filter(
        &self,
        attributes: &impl AttributeSource,
    ) -> Result<bool, Failure> {
        match self.parsed_filter() {
            None => Ok(true),
            Some(Err(error)) => Err(Failure::Filter(error.clone().into())),
            Some(Ok(filter)) => filter
                .evaluate(attributes)
                .map_err(|error| Failure::Filter(error.into())),
        }
    }

    /// Returns the registry that discovers the handler, or `None` for the default registry.
    pub(super) fn registry(&self) -> Option<&'static RegistryKey> {
        self.metadata.registry
    }

    pub(super) fn typed(&self) -> Option<TypedEvent> {
        self.metadata.typed
    }

    /// Returns whether the handler or one of its extractors reads the envelope.
    pub(super) fn needs_event(&self) -> bool {
        self.metadata.needs_event || self.typed().is_none()
    }

    /// Returns the state that the extractors require.
    pub(super) fn requirements(&self) -> Requirements {
        let mut requirements = Requirements::default();
        (self.metadata.requires)(&mut requirements);
        requirements
    }

    /// Returns the event types and patterns that the handler handles.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        let literals = match self.typed() {
            Some(typed) if self.metadata.patterns.is_empty() => typed.types,
            _ => self.metadata.patterns,
        };
        literals.iter().copied().chain(self.pattern.as_deref())
    }

    /// Returns the event types that the handler emits, without duplicates. `"*"` stands for any
    /// type.
    ///
    /// They follow from the return type, from [`Outgoing<E>`](crate::Outgoing) and from
    /// `emits(..)`. A declaration with `emits(..)` replaces the `"*"` of an `Event` that the
    /// handler returns and of an `Outgoing` without a set.
    pub fn emits(&self) -> impl Iterator<Item = &'static str> + use<> {
        let metadata = &self.metadata;
        let declared: Vec<&'static str> = [metadata.emits, &self.emits].concat().concat();
        let is_declared = !declared.is_empty();
        let known = metadata
            .returns
            .iter()
            .chain(metadata.sends.iter().copied().flatten());
        let known = known.copied().filter(|ty| *ty != "*" || !is_declared);
        let mut types: Vec<&'static str> = known.collect();
        types.extend(declared);
        let mut seen = HashSet::new();
        types.retain(|ty| seen.insert(*ty));
        types.into_iter()
    }

    /// Returns whether the handler returns events, or sends them through an extractor.
    pub(super) fn sends_events(&self) -> bool {
        let mut sends = self.metadata.sends.iter();
        !self.metadata.returns.is_empty() || sends.any(|types| !types.is_empty())
    }

    /// Returns whether the handler handles events of a type.
    #[must_use]
    pub fn handles(&self, ty: &str) -> bool {
        let takes = |typed: TypedEvent| typed.has_other || typed.types.contains(&ty);
        self.typed().is_none_or(takes)
            && self
                .patterns()
                .any(|pattern| pattern == ty || pattern::matches(pattern, ty))
    }

    /// Returns the module of the function.
    pub(super) fn module(&self) -> &'static str {
        self.name()
            .rsplit_once("::")
            .map_or("", |(module, _)| module)
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler")
            .field("name", &self.name())
            .field("location", &format_args!("{}", self.location()))
            .field("patterns", &self.patterns().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Handler {
    /// Writes the name and the location.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name(), self.location())
    }
}
