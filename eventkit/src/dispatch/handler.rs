//! The metadata of a handler.

use std::any::{TypeId, type_name};
use std::fmt;
use std::sync::OnceLock;

use super::failure::Failure;
use super::policy::Policy;
use super::state::Requirements;
use crate::filter::{Filter, FilterParseError};
use crate::pattern;
use crate::typed::{AttributeSource, CloudEvent};

/// The location of a handler in the source code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Location {
    /// The path of the file, as the compiler saw it.
    pub file: &'static str,
    /// The line, counted from 1.
    pub line: u32,
    /// The column, counted from 1.
    pub column: u32,
}

impl Location {
    /// Returns a location.
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

/// A Rust type that is an event type, or an enum over event types.
#[derive(Debug, Clone, Copy)]
pub struct TypedEvent {
    pub(super) id: fn() -> TypeId,
    pub(super) name: fn() -> &'static str,
    pub(super) types: &'static [&'static str],
    pub(super) closed_set: bool,
}

impl TypedEvent {
    /// Returns the facts about a Rust type.
    #[must_use]
    pub const fn of<T: CloudEvent>() -> Self {
        Self {
            id: TypeId::of::<T>,
            name: type_name::<T>,
            types: T::TYPES,
            closed_set: T::CLOSED_SET,
        }
    }

    pub(super) fn id(self) -> TypeId {
        (self.id)()
    }
}

/// The identity of a registry: its address, since names need not be unique.
#[derive(Debug)]
pub struct RegistryKey {
    pub(super) name: &'static str,
}

/// A filter that `#[handles]` has checked; it is parsed again when it is first used.
#[derive(Debug)]
pub struct LiteralFilter {
    text: &'static str,
    filter: OnceLock<Result<Filter, FilterParseError>>,
}

impl LiteralFilter {
    /// Returns the filter of an expression that has been checked.
    #[must_use]
    pub const fn new(text: &'static str) -> Self {
        let filter = OnceLock::new();
        Self { text, filter }
    }

    fn get(&self) -> Result<&Filter, &FilterParseError> {
        self.filter.get_or_init(|| Filter::sql(self.text)).as_ref()
    }
}

/// The options of a handler that is registered at run time.
#[derive(Debug, Clone, Default)]
pub(super) struct HandlerOptions {
    pub(super) pattern: Option<String>,
    pub(super) filter: Option<Filter>,
    pub(super) name: Option<&'static str>,
    pub(super) policy: Policy,
}

/// The metadata of one handler: its name and location, what it handles, and how.
pub struct Handler {
    name: &'static str,
    location: Location,
    order: i32,
    is_async: bool,
    registry: Option<&'static RegistryKey>,
    // Of a handler, one of the two has elements, or none of a typed one.
    literals: &'static [&'static str],
    pattern: Option<String>,
    typed: Option<TypedEvent>,
    needs_event: bool,
    requires: fn(&mut Requirements),
    // Two fields, since a `const fn` cannot replace a value that has to be dropped.
    literal_filter: Option<&'static LiteralFilter>,
    filter: Option<Filter>,
    durable_name: Option<&'static str>,
    policy: Policy,
}

/// Construction, by the code that `#[handles]` generates.
#[doc(hidden)]
impl Handler {
    /// Returns a handler of the envelope, or of a Rust type.
    ///
    /// The name is the path of the function. A typed handler without types or patterns handles the
    /// types of its Rust type.
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
            order: 0,
            is_async: false,
            registry: None,
            literals: patterns,
            pattern: None,
            needs_event: typed.is_none(),
            typed,
            requires: |_| (),
            literal_filter: None,
            filter: None,
            durable_name: None,
            policy: Policy::new(),
        }
    }

    /// Sets the registry that contains the handler through discovery.
    #[must_use]
    pub const fn with_registry(mut self, registry: &'static RegistryKey) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Sets the position among the handlers of a type.
    #[must_use]
    pub const fn with_order(mut self, order: i32) -> Self {
        self.order = order;
        self
    }

    /// Sets the requirements of the extractors.
    #[must_use]
    pub const fn with_requirements(
        mut self,
        needs_event: bool,
        requires: fn(&mut Requirements),
    ) -> Self {
        self.needs_event |= needs_event;
        self.requires = requires;
        self
    }

    /// Sets the filter.
    #[must_use]
    pub const fn with_filter(mut self, filter: &'static LiteralFilter) -> Self {
        self.literal_filter = Some(filter);
        self
    }

    /// Sets the durable name, of ASCII letters, digits, `-` and `_`.
    #[must_use]
    pub const fn with_durable_name(mut self, name: &'static str) -> Self {
        self.durable_name = Some(name);
        self
    }

    /// Sets the policy.
    #[must_use]
    pub const fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    pub(super) const fn with_async(mut self, is_async: bool) -> Self {
        self.is_async = is_async;
        self
    }

    pub(super) fn with_options(mut self, options: HandlerOptions) -> Self {
        self.pattern = options.pattern;
        self.filter = options.filter;
        self.durable_name = options.name;
        self.policy = options.policy;
        self
    }
}

impl Handler {
    /// Returns its name: the path of the function, such as `shop::ship`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the name under which a service subscribes the handler, if it was given one.
    ///
    /// It stays the same if the function is renamed.
    #[must_use]
    pub fn durable_name(&self) -> Option<&'static str> {
        self.durable_name
    }

    /// Returns the policy of the handler itself.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Returns the location in the source code.
    #[must_use]
    pub fn location(&self) -> Location {
        self.location
    }

    /// Returns the position among the handlers of a type: lower first.
    #[must_use]
    pub fn order(&self) -> i32 {
        self.order
    }

    /// Returns whether it is async.
    #[must_use]
    pub fn is_async(&self) -> bool {
        self.is_async
    }

    /// Returns the name of the Rust type it takes, or `None` if it takes the envelope.
    #[must_use]
    pub fn event_name(&self) -> Option<&'static str> {
        self.typed.map(|typed| (typed.name)())
    }

    /// Returns the filter that an event has to pass before the handler runs.
    #[must_use]
    pub fn filter(&self) -> Option<&Filter> {
        self.parsed_filter()?.ok()
    }

    fn parsed_filter(&self) -> Option<Result<&Filter, &FilterParseError>> {
        let literal = self.literal_filter.map(LiteralFilter::get);
        literal.or(self.filter.as_ref().map(Ok))
    }

    pub(super) fn has_filter(&self) -> bool {
        self.literal_filter.is_some() || self.filter.is_some()
    }

    /// Returns whether an event passes the filter.
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

    /// Returns the registry that contains the handler through discovery, or `None` for the default
    /// one.
    pub(super) fn registry(&self) -> Option<&'static RegistryKey> {
        self.registry
    }

    pub(super) fn typed(&self) -> Option<TypedEvent> {
        self.typed
    }

    /// Returns whether the handler or an extractor takes the envelope.
    pub(super) fn needs_event(&self) -> bool {
        self.needs_event
    }

    /// Returns the state that the extractors require.
    pub(super) fn requirements(&self) -> Requirements {
        let mut requirements = Requirements::default();
        (self.requires)(&mut requirements);
        requirements
    }

    /// Returns the event types and patterns it handles.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        let literals = match self.typed {
            Some(typed) if self.literals.is_empty() => typed.types,
            _ => self.literals,
        };
        literals.iter().copied().chain(self.pattern.as_deref())
    }

    /// Returns whether it handles events of a type.
    #[must_use]
    pub fn handles(&self, ty: &str) -> bool {
        let own = self.typed.is_none_or(|typed| typed.types.contains(&ty));
        own && self
            .patterns()
            .any(|pattern| pattern == ty || pattern::matches(pattern, ty))
    }

    /// Returns the module of the function.
    pub(super) fn module(&self) -> &'static str {
        self.name.rsplit_once("::").map_or("", |(module, _)| module)
    }
}

impl fmt::Debug for Handler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handler")
            .field("name", &self.name)
            .field("location", &format_args!("{}", self.location))
            .field("patterns", &self.patterns().collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Handler {
    /// Writes name and location.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.location)
    }
}
