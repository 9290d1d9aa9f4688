//! A handler as a registry knows it.

use std::any::TypeId;
use std::fmt;

use super::call::Call;
use super::compile_time::EventOf;
use super::failure::Failure;
use super::gate::LiteralFilter;
use super::plain::PlainCalls;
use super::policy::Policy;
use super::registration::Beside;
use super::registry::Registry;
use super::slot::Decode;
use super::state::Requirements;
use crate::filter::Filter;
use crate::pattern;
use crate::typed::AttributeSource;

/// Where a handler stands in the source code.
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
    /// Makes a location.
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

/// The event types or patterns that a handler was given.
#[derive(Debug, Clone)]
pub(crate) enum Patterns {
    Literals(&'static [&'static str]),
    Owned(Vec<String>),
}

impl Patterns {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        let (literals, owned) = match self {
            Self::Literals(literals) => (*literals, &[][..]),
            Self::Owned(owned) => (&[][..], &owned[..]),
        };
        literals
            .iter()
            .copied()
            .chain(owned.iter().map(String::as_str))
    }
}

/// The Rust type that a typed handler takes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TypedEvent {
    pub(crate) id: fn() -> TypeId,
    pub(crate) name: fn() -> &'static str,
    pub(crate) types: &'static [&'static str],
    pub(crate) closed_set: bool,
}

/// Is one handler: what it handles, where it stands, and how it is called.
///
/// `#[handles]` makes one beside the function. It can be added to any registry with
/// [`Registry::add`] and the macro [`handlers!`](crate::handlers).
pub struct Handler {
    name: &'static str,
    location: Location,
    order: i32,
    pub(crate) registry: Option<&'static Registry>,
    pub(crate) patterns: Patterns,
    pub(crate) typed: Option<TypedEvent>,
    pub(crate) needs_event: bool,
    pub(crate) requires: fn(&mut Requirements),
    pub(super) call: Call,
    /// Decodes what it borrows of an event.
    pub(super) decode: Option<Decode>,
    pub(super) plain: PlainCalls,
    /// Two fields, since a `const fn` cannot replace what has to be dropped.
    literal_filter: Option<&'static LiteralFilter>,
    filter: Option<Filter>,
    stable_name: Option<&'static str>,
    policy: Policy,
}

impl TypedEvent {
    pub(super) fn id(self) -> TypeId {
        (self.id)()
    }
}

impl Handler {
    /// Makes a handler that takes `E`.
    ///
    /// The name is the path of the function. A typed handler without types or patterns handles the
    /// types of `E`.
    #[must_use]
    pub const fn new<E: 'static, G>(
        name: &'static str,
        location: Location,
        event: &EventOf<E, G>,
        patterns: &'static [&'static str],
        call: Call,
    ) -> Self {
        let typed = event.typed;
        Self {
            name,
            location,
            order: 0,
            registry: None,
            patterns: Patterns::Literals(patterns),
            needs_event: typed.is_none(),
            typed,
            requires: |_| (),
            call,
            decode: event.decode,
            plain: event.plain,
            literal_filter: None,
            filter: None,
            stable_name: None,
            policy: Policy::new(),
        }
    }

    /// Sets the registry in which it is found by itself.
    #[must_use]
    pub const fn in_registry(mut self, registry: &'static Registry) -> Self {
        self.registry = Some(registry);
        self
    }

    /// Sets the place among the handlers of a type: lower first, 0 where nothing is said.
    #[must_use]
    pub const fn at_order(mut self, order: i32) -> Self {
        self.order = order;
        self
    }

    /// Sets what its extractors need.
    #[must_use]
    pub const fn requiring(mut self, needs_event: bool, requires: fn(&mut Requirements)) -> Self {
        self.needs_event |= needs_event;
        self.requires = requires;
        self
    }

    /// Sets the filter, which the macro has checked.
    #[must_use]
    pub const fn filtered_by(mut self, filter: &'static LiteralFilter) -> Self {
        self.literal_filter = Some(filter);
        self
    }

    /// Sets the name that stays when the function is renamed, of ASCII letters, digits, `-` and
    /// `_`.
    #[must_use]
    pub const fn named(mut self, name: &'static str) -> Self {
        self.stable_name = Some(name);
        self
    }

    /// Sets how a service treats its events.
    #[must_use]
    pub const fn with_policy(mut self, policy: Policy) -> Self {
        self.policy = policy;
        self
    }

    pub(super) fn with(mut self, beside: Beside) -> Self {
        self.filter = beside.filter;
        self.stable_name = beside.name;
        self.policy = beside.policy;
        self
    }

    pub(crate) fn on_owned(mut self, patterns: Vec<String>) -> Self {
        self.patterns = Patterns::Owned(patterns);
        self
    }

    /// Returns its name: the path of the function, such as `shop::ship`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the name that stays when the function is renamed, where it was given one.
    #[must_use]
    pub fn stable_name(&self) -> Option<&'static str> {
        self.stable_name
    }

    /// Returns how a service treats its events, as far as the handler says it.
    pub fn policy(&self) -> Policy {
        self.policy
    }

    /// Returns where it stands in the source code.
    #[must_use]
    pub fn location(&self) -> Location {
        self.location
    }

    /// Returns its place among the handlers of a type: lower first.
    #[must_use]
    pub fn order(&self) -> i32 {
        self.order
    }

    /// Returns whether it is async.
    #[must_use]
    pub fn is_async(&self) -> bool {
        self.call.is_async()
    }

    /// Returns the name of the Rust type it takes, or `None` where it takes the envelope.
    #[must_use]
    pub fn event_name(&self) -> Option<&'static str> {
        self.typed.map(|typed| (typed.name)())
    }

    /// Returns the filter that an event has to pass before the handler runs.
    #[must_use]
    pub fn filter(&self) -> Option<&Filter> {
        let literal = self.literal_filter.and_then(|filter| filter.get().ok());
        literal.or(self.filter.as_ref())
    }

    pub(crate) fn has_filter(&self) -> bool {
        self.literal_filter.is_some() || self.filter.is_some()
    }

    /// Returns whether an event passes the filter, or why that cannot be told.
    pub(crate) fn admits(&self, attributes: &impl AttributeSource) -> Result<bool, Failure> {
        let filter = match (self.literal_filter, &self.filter) {
            (Some(literal), _) => literal
                .get()
                .map_err(|error| Failure::Filter(error.clone().into()))?,
            (None, Some(filter)) => filter,
            (None, None) => return Ok(true),
        };
        filter
            .evaluate(attributes)
            .map_err(|error| Failure::Filter(error.into()))
    }

    /// Returns the event types and patterns it handles.
    pub fn patterns(&self) -> impl Iterator<Item = &str> {
        let own = match self.typed {
            Some(typed) if self.patterns.iter().next().is_none() => typed.types,
            _ => &[],
        };
        own.iter().copied().chain(self.patterns.iter())
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
    pub(crate) fn module(&self) -> &'static str {
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
