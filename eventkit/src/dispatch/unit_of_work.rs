//! Units of work: transactions in which handlers handle events.

use std::any::Any;
use std::error::Error;
use std::fmt::Debug;
use std::sync::Arc;

use thiserror::Error;

use crate::error::BoxError;
use crate::event::Event;
use crate::transport::BoxFuture;

/// A store, such as a database, in whose transactions handlers handle events.
///
/// An extractor of the transaction names its store with
/// [`Requirements::unit_of_work`](crate::Requirements::unit_of_work). For such a handler, a service
/// and [`dispatch_async`](crate::Dispatcher::dispatch_async)
///
/// 1. [begin](Self::begin) a unit of work, which claims the event for the handler;
/// 2. run the handler, whose extractor gets the unit of work from the
///    [context](crate::Context::unit_of_work);
/// 3. [commit](UnitOfWork::commit) it with the outgoing events, or
///    [roll it back](UnitOfWork::roll_back) if the handler failed.
///
/// ```
/// use std::collections::HashSet;
/// use std::error::Error;
/// use std::sync::{Arc, Mutex};
///
/// use eventkit::transport::BoxFuture;
/// use eventkit::unit_of_work::{Begun, CommitError, UnitOfWork, UnitOfWorkStore};
/// use eventkit::{BoxError, Context, Dispatcher, Event, Extract, Registry, Requirements, handles};
///
/// /// Lines in memory, and the events that they come from.
/// #[derive(Debug, Clone, Default)]
/// struct Journal(Arc<Mutex<(HashSet<String>, Vec<String>)>>);
///
/// /// The lines of one event, which are in the journal once it is committed.
/// #[derive(Debug)]
/// struct Page {
///     journal: Journal,
///     key: String,
///     lines: Mutex<Vec<String>>,
/// }
///
/// impl UnitOfWorkStore for Journal {
///     fn begin<'a>(
///         &'a self,
///         event: &'a Event,
///         handler: &'a str,
///     ) -> BoxFuture<'a, Result<Begun, BoxError>> {
///         let key = format!("{} {} {handler}", event.source(), event.id());
///         let begun = if self.0.lock().unwrap().0.contains(&key) {
///             Begun::Completed
///         } else {
///             let lines = Mutex::default();
///             Begun::Unit(Arc::new(Page { journal: self.clone(), key, lines }))
///         };
///         Box::pin(async { Ok(begun) })
///     }
///
///     fn is_conflict(&self, _error: &(dyn Error + 'static)) -> bool {
///         false
///     }
///
///     fn is_unavailable(&self, _error: &(dyn Error + 'static)) -> bool {
///         false
///     }
/// }
///
/// impl UnitOfWork for Page {
///     fn commit<'a>(&'a self, _outgoing: &'a [Event]) -> BoxFuture<'a, Result<(), CommitError>> {
///         let mut journal = self.journal.0.lock().unwrap();
///         if journal.0.insert(self.key.clone()) {
///             journal.1.append(&mut self.lines.lock().unwrap());
///         }
///         Box::pin(async { Ok(()) })
///     }
///
///     fn roll_back(&self) -> BoxFuture<'_, Result<(), BoxError>> {
///         Box::pin(async { Ok(()) })
///     }
/// }
///
/// /// The page of a handler, as an extractor.
/// struct Writer<'a>(&'a Page);
///
/// impl<'a> Extract<'a> for Writer<'a> {
///     fn extract(context: &'a Context<'a>) -> Result<Self, BoxError> {
///         Ok(Self(context.unit_of_work().ok_or("no unit of work")?))
///     }
///
///     fn requires(requirements: &mut Requirements) {
///         requirements.unit_of_work::<Journal>();
///     }
/// }
///
/// static SHOP: Registry = Registry::new("shop");
///
/// #[handles("*", registry = SHOP)]
/// async fn note(event: &Event, Writer(page): Writer<'_>) {
///     page.lines.lock().unwrap().push(event.id().to_owned());
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let journal = Journal::default();
/// let app = Dispatcher::new(&SHOP).state(journal.clone()).build()?;
/// let event = Event::builder().id("1").source("/shop").ty("t").build()?;
/// app.dispatch_async(&event).await?;
/// app.dispatch_async(&event).await?;
/// assert_eq!(journal.0.lock().unwrap().1, ["1"]);
/// # Ok::<(), Box<dyn Error>>(())
/// # })?;
/// # Ok::<(), Box<dyn Error>>(())
/// ```
pub trait UnitOfWorkStore: Send + Sync {
    /// Begins a unit of work for an event.
    ///
    /// `handler` is the durable name of the handler's subscription, or outside a service the path
    /// of the function.
    ///
    /// # Errors
    ///
    /// Returns an error if the store is unavailable. A service keeps the event, and retries after a
    /// delay.
    fn begin<'a>(
        &'a self,
        event: &'a Event,
        handler: &'a str,
    ) -> BoxFuture<'a, Result<Begun, BoxError>>;

    /// Returns whether the error of a handler or a commit is a conflict with another transaction,
    /// or is caused by one. The work is then retried without counting as an attempt.
    fn is_conflict(&self, error: &(dyn Error + 'static)) -> bool;

    /// Returns whether an error means that the store is unavailable, or is caused by such an error.
    ///
    /// If a handler fails with such an error and its unit of work cannot be rolled back, a service
    /// retries the event without counting an attempt.
    fn is_unavailable(&self, error: &(dyn Error + 'static)) -> bool;

    /// Returns whether an error says that there is no room for what the handler writes, such as on a full disk.
    /// It may be a cause of the error.
    ///
    /// If a handler fails with such an error, a service handles the event again without counting an attempt,
    /// until there is room. By default, no error says so.
    fn is_full(&self, _error: &(dyn Error + 'static)) -> bool {
        false
    }
}

/// The result of beginning a unit of work. [`UnitOfWorkStore`] has an example.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Begun {
    /// A unit of work was begun for this handler and event.
    Unit(Arc<dyn UnitOfWork>),
    /// Another unit of work is open for this handler and event.
    InProgress,
    /// The handler has already handled the event.
    Completed,
}

/// The reason why a unit of work was not committed.
///
/// [`UnitOfWorkStore`] has an example.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CommitError {
    /// The transaction conflicts with another one, and the work is retried.
    #[error(transparent)]
    Conflict(BoxError),
    /// The store rejected the changes of the handler, so the handler has failed.
    #[error(transparent)]
    Refused(BoxError),
    /// The store is unavailable, and may or may not have committed. The next unit of work for the
    /// event determines this.
    #[error(transparent)]
    Unavailable(BoxError),
}

/// A transaction in which a handler handles an event.
///
/// If it is dropped before it is committed, it is rolled back. [`UnitOfWorkStore`] has an example.
pub trait UnitOfWork: Any + Debug + Send + Sync {
    /// Stores the outgoing events, and commits.
    ///
    /// # Errors
    ///
    /// Returns an error if the transaction was not committed, or if its outcome is unknown.
    fn commit<'a>(&'a self, outgoing: &'a [Event]) -> BoxFuture<'a, Result<(), CommitError>>;

    /// Rolls back. Afterwards the unit of work cannot be committed, and cannot run a handler.
    ///
    /// # Errors
    ///
    /// Returns an error if the store is unavailable; the store then rolls back without this call.
    fn roll_back(&self) -> BoxFuture<'_, Result<(), BoxError>>;
}
