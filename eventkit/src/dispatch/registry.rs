//! Registries: which handlers there are.

use std::any::{TypeId, type_name};
use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use super::call::{Call, OutcomeFuture};
use super::check::{self, Check};
use super::compile_time::event_of;
use super::delivery::{HandlerEvent, Value};
use super::discovery;
use super::error::{CheckError, DispatchError, Problem};
use super::failure::IntoOutcome;
use super::handler::Handler;
use super::handler_list::HandlerRef;
use super::registration::{Beside, Registration};
use super::report::Report;
use super::run::{self, Dispatch};
use super::state::States;
use super::table::Table;
use super::tables::{TableRef, Tables};
use crate::event::Event;
use crate::filter::Filter;
use crate::pattern;
use crate::typed::CloudEvent;

/// Holds handlers, and dispatches events to them.
///
/// A registry is a `static`; functions annotated with `#[handles(.., registry = NAME)]` are in it
/// without further ado, those without `registry` are in the [default one](default_registry). More
/// can be registered at run time.
///
/// The handlers of an event run one after another: by `order`, then those of the program by module
/// path, line, column and name, then those registered at run time as they were registered. This is the
/// same in every build.
///
/// ```
/// use eventkit::{Event, Registry};
///
/// static AUDIT: Registry = Registry::new("audit");
///
/// AUDIT.register("co.outcome.*", |event: &Event| println!("{event}"));
/// let event = Event::builder().source("/shop").ty("co.outcome.order.placed").build()?;
/// assert_eq!(AUDIT.dispatch(&event)?.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Registry {
    name: &'static str,
    /// What was added at run time.
    added: Mutex<Vec<HandlerRef>>,
    /// Changed under the lock of `added`.
    tables: Tables,
}

static DEFAULT: Registry = Registry::new("default");

/// Returns the registry of the handlers that name no other.
#[must_use]
pub fn default_registry() -> &'static Registry {
    &DEFAULT
}

impl Registry {
    /// Makes a registry; the name is for messages.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            added: Mutex::new(Vec::new()),
            tables: Tables::new(),
        }
    }

    /// Returns the name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Adds handlers that `#[handles]` made, whichever registry they name; see
    /// [`handlers!`](crate::handlers).
    ///
    /// A handler that is in the registry already is not added again.
    pub fn add(&self, handlers: impl IntoIterator<Item = &'static Handler>) {
        self.update(|added| added.extend(handlers.into_iter().map(HandlerRef::Static)));
    }

    /// Registers a closure for the events of a type or pattern.
    ///
    /// # Panics
    ///
    /// Where the type is empty or a `*` in it is not a whole segment: a handler that can never run
    /// is a mistake in the program.
    #[track_caller]
    pub fn register<F, R>(&self, pattern: impl Into<String>, handler: F)
    where
        F: Fn(&Event) -> R + Send + Sync + 'static,
        R: IntoOutcome,
    {
        let call = borrowing::<Event, F, R>(handler);
        self.register_call::<Event, F>(vec![pattern.into()], call, Beside::default());
    }

    /// Registers a closure that returns a future, for the events of a type or pattern.
    ///
    /// # Panics
    ///
    /// As [`register`](Registry::register) does.
    #[track_caller]
    pub fn register_async<F, U, R>(&self, pattern: impl Into<String>, handler: F)
    where
        F: Fn(Event) -> U + Send + Sync + 'static,
        U: Future<Output = R> + Send + 'static,
        R: IntoOutcome,
    {
        self.register_call::<Event, F>(
            vec![pattern.into()],
            asynchronous(handler),
            Beside::default(),
        );
    }

    /// Registers a closure for the events of a Rust type.
    #[track_caller]
    pub fn register_typed<T, F, R>(&self, handler: F)
    where
        T: CloudEvent,
        F: Fn(&T) -> R + Send + Sync + 'static,
        R: IntoOutcome,
    {
        let call = borrowing::<T, F, R>(handler);
        self.register_call::<T, F>(Vec::new(), call, Beside::default());
    }

    /// Registers a closure that returns a future, for the events of a Rust type.
    #[track_caller]
    pub fn register_typed_async<T, F, U, R>(&self, handler: F)
    where
        T: CloudEvent,
        F: Fn(T) -> U + Send + Sync + 'static,
        U: Future<Output = R> + Send + 'static,
        R: IntoOutcome,
    {
        self.register_call::<T, F>(Vec::new(), asynchronous(handler), Beside::default());
    }

    /// Registers closures for those events alone that pass a filter.
    ///
    /// Where an event does not pass, the handler does not run, and the report says which filter
    /// that was. A filter that cannot tell, since an expression has an error, is a failure of its
    /// handler: it does not run, and the error is in the report.
    ///
    /// A filter on a typed value looks at its attributes without encoding its data. The envelope is
    /// made only for a filter that looks at `id` or `time`.
    ///
    /// ```
    /// use eventkit::{Event, Registry};
    /// use eventkit::filter::Filter;
    ///
    /// static EU: Registry = Registry::new("eu");
    ///
    /// let europe = Filter::prefix([("subject", "eu-")])?;
    /// EU.filtered(europe).register("*", |event: &Event| println!("{event}"));
    ///
    /// let event = Event::builder().source("/shop").ty("placed").subject("us-1").build()?;
    /// let report = EU.dispatch(&event)?;
    /// assert!(report.to_string().ends_with(r#"filtered out by {"prefix":{"subject":"eu-"}}"#));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn filtered(&self, filter: Filter) -> Registration<'_> {
        Registration::new(self).filtered(filter)
    }

    /// Registers a closure under a name, by which the subscription of a service is known again.
    ///
    /// A service wants it: a closure has no path that stays. It is of ASCII letters, digits, `_`,
    /// and single `-` between them.
    ///
    /// ```
    /// use eventkit::{Event, Policy, Registry};
    ///
    /// static SHOP: Registry = Registry::new("shop");
    ///
    /// let patient = Policy::new().attempts(50);
    /// SHOP.named("receipt").policy(patient).register("placed", |event: &Event| println!("{event}"));
    /// ```
    pub fn named(&self, name: &'static str) -> Registration<'_> {
        Registration::new(self).named(name)
    }

    #[track_caller]
    pub(super) fn register_call<E: HandlerEvent, F>(
        &self,
        patterns: Vec<String>,
        call: Call,
        beside: Beside,
    ) {
        for pattern in &patterns {
            if let Err(reason) = pattern::check(pattern) {
                panic!("{pattern:?} cannot be handled: {reason}");
            }
        }
        let location = std::panic::Location::caller().into();
        let handler = Handler::new(type_name::<F>(), location, &event_of::<E>(), &[], call)
            .on_owned(patterns)
            .with(beside);
        self.update(|added| added.push(HandlerRef::Shared(Arc::new(handler))));
    }

    /// Runs the handlers of an event, each on its own: an error or a panic of one does not keep the
    /// others from running.
    ///
    /// The event is an [`Event`] or a value of a derived type. A typed value goes to typed handlers
    /// as it is; the envelope is made only if a handler wants it, and an envelope is decoded only
    /// once. Where there is no handler for the type, the report is empty.
    ///
    /// # Errors
    ///
    /// Where a handler failed; or, with none having run, where one is async, wants state, or needs
    /// an envelope that cannot be made.
    pub fn dispatch<E: Dispatch>(&self, event: &E) -> Result<Report, DispatchError> {
        match (event.typed_payload(), event.as_envelope()) {
            (Some((ty, payload)), _) => self.dispatch_typed(ty, payload, event),
            (None, Some(event)) => self.dispatch_envelope(event),
            (None, None) => self.dispatch_any(event),
        }
    }

    /// Runs the handlers of an event as [`dispatch`](Registry::dispatch) does, async ones too, one
    /// after another.
    ///
    /// Dropping the future stops after what has run so far.
    ///
    /// # Errors
    ///
    /// As for [`dispatch`](Registry::dispatch), but that async handlers are welcome.
    pub fn dispatch_async<E: Dispatch>(
        &self,
        event: &E,
    ) -> impl Future<Output = Result<Report, DispatchError>> + Send {
        run::dispatch_async(self.table(), event.typed_payload(), event)
    }

    /// Is compiled once, and not for each type.
    fn dispatch_typed(
        &self,
        ty: TypeId,
        payload: &Value,
        event: &dyn Dispatch,
    ) -> Result<Report, DispatchError> {
        match self.tables.kept().and_then(|table| table.plain(ty)) {
            Some(plain) => run::dispatch_plain(plain, payload),
            None => self.dispatch_any(event),
        }
    }

    fn dispatch_envelope(&self, event: &Event) -> Result<Report, DispatchError> {
        match self.tables.kept() {
            Some(table) => run::dispatch_envelope(table, event),
            None => self.dispatch_any(event),
        }
    }

    #[inline(never)]
    fn dispatch_any(&self, event: &dyn Dispatch) -> Result<Report, DispatchError> {
        run::dispatch(&self.table(), event)
    }

    /// Looks for mistakes that no compiler sees: two Rust types that claim one event type, where
    /// the registry has a typed handler for it.
    ///
    /// What may be a mistake is in the result: see [`Check::orphans`].
    ///
    /// # Errors
    ///
    /// Where there is a mistake; the error lists all of them.
    pub fn check(&self) -> Result<Check, CheckError> {
        check::check(self.name, self.table().handlers())
    }

    /// Checks that handlers are there, by the path of the function, its module or its crate.
    ///
    /// A linker leaves out a crate that no code names, and with it the crate's handlers. A program
    /// that expects them calls this at its start.
    ///
    /// # Errors
    ///
    /// Where none of the handlers of the registry is, or stands in, one of the paths.
    pub fn expect<'a>(&self, paths: impl IntoIterator<Item = &'a str>) -> Result<(), CheckError> {
        let table = self.table();
        let is_in = |name: &str, path: &str| {
            name.strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        let there = |path: &str| {
            table
                .handlers()
                .iter()
                .any(|handler| is_in(handler.name(), path))
        };
        let missing = paths.into_iter().filter(|path| !there(path));
        let problems: Vec<Problem> = missing
            .map(|path| Problem::Missing(path.to_owned()))
            .collect();
        if problems.is_empty() {
            Ok(())
        } else {
            Err(CheckError::new(self.name, problems))
        }
    }

    /// Calls a function with each handler, in the order in which they would run.
    pub fn for_each(&self, mut visit: impl FnMut(&Handler)) {
        self.table()
            .handlers()
            .iter()
            .for_each(|handler| visit(handler));
    }

    /// Returns the routing table for handlers without state.
    #[inline]
    fn table(&self) -> TableRef<'_> {
        self.tables.get().unwrap_or_else(|| self.renewed_table())
    }

    #[cold]
    fn renewed_table(&self) -> TableRef<'_> {
        let added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        // Another thread may have come first.
        self.tables.get().unwrap_or_else(|| {
            let table = Table::new(self.collect(&added), States::default());
            self.tables.renew(table)
        })
    }

    /// Makes a routing table for handlers with state.
    pub(crate) fn table_with(&self, states: States) -> Table {
        let added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        Table::new(self.collect(&added), states)
    }

    fn update(&self, change: impl FnOnce(&mut Vec<HandlerRef>)) {
        let mut added = self.added.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut added);
        self.tables.expire();
    }

    /// Returns what was found by itself and what was added, each handler once.
    fn collect(&self, added: &[HandlerRef]) -> Vec<HandlerRef> {
        let is_mine =
            |handler: &&&'static Handler| std::ptr::eq(handler.registry.unwrap_or(&DEFAULT), self);
        let found = discovery::handlers().iter().filter(is_mine);
        let mut handlers: Vec<HandlerRef> =
            found.map(|handler| HandlerRef::Static(handler)).collect();
        let mut known: HashSet<usize> = handlers.iter().map(HandlerRef::address).collect();
        let added = added
            .iter()
            .filter(|handler| known.insert(handler.address()));
        handlers.extend(added.cloned());
        handlers
    }
}

/// Makes the call of a closure that borrows its event.
pub(super) fn borrowing<E, F, R>(handler: F) -> Call
where
    E: HandlerEvent,
    F: Fn(&E) -> R + Send + Sync + 'static,
    R: IntoOutcome,
{
    Call::SyncShared(Arc::new(move |delivery| {
        handler(E::borrow(delivery)?)
            .into_outcome()
            .map_err(Box::new)
    }))
}

/// Makes the call of a closure that returns a future.
pub(super) fn asynchronous<E, F, U, R>(handler: F) -> Call
where
    E: HandlerEvent,
    F: Fn(E) -> U + Send + Sync + 'static,
    U: Future<Output = R> + Send + 'static,
    R: IntoOutcome,
{
    Call::AsyncShared(Arc::new(move |delivery| {
        // A panic of the closure is one of its future, which is where panics are caught.
        let future = catch_unwind(AssertUnwindSafe(|| E::own(delivery).map(&handler)));
        OutcomeFuture::from_or_box(async move {
            let future = future.unwrap_or_else(|panic| resume_unwind(panic));
            future?.await.into_outcome().map_err(Box::new)
        })
    }))
}

impl fmt::Debug for Registry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Registry")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
