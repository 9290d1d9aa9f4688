//! The promises of a transport as tests, for authors of transports.
//!
//! [`transport_conformance!`](crate::transport_conformance) makes one test of each promise;
//! [`run`] checks all of them and returns a [`Report`]. A [`Setup`] says how to reach the transport,
//! and what it does not promise. Every wait is bounded.
//!
//! ```
//! use eventkit::BoxError;
//! use eventkit_transport_tests::Setup;
//! use eventkit_service::memory::Memory;
//! use eventkit::transport::{BoxFuture, Transport};
//!
//! struct InMemory(Memory);
//!
//! impl Setup for InMemory {
//!     fn open(&self) -> BoxFuture<'_, Result<Box<dyn Transport>, BoxError>> {
//!         Box::pin(async { Ok(Box::new(self.0.clone()) as Box<dyn Transport>) })
//!     }
//! }
//!
//! # #[cfg(any())]
//! eventkit_transport_tests::transport_conformance! {
//!     #[tokio::test(start_paused = true)]
//!     InMemory(Memory::new())
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build()?.block_on(async {
//! let report = eventkit_transport_tests::run(&InMemory(Memory::new())).await;
//! println!("{report}");
//! assert!(report.is_kept());
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```

mod content;
mod delivery;
mod order;
mod report;
mod resume;
mod settle;
mod setup;
mod share;
mod trial;

use std::future::Future;
use std::pin::Pin;

use self::trial::Trial;

pub use self::report::{Outcome, Report};
pub use self::setup::Setup;

/// Is one thing that a service relies on.
#[derive(Debug, Clone, Copy)]
pub struct Promise {
    name: &'static str,
    check: Check,
}

/// Why a promise is not kept, or not made.
#[derive(Debug)]
enum Failure {
    Broken(String),
    NotMade(&'static str),
}

type Check = for<'a> fn(&'a Trial<'a>) -> Pin<Box<dyn Future<Output = Result<(), Failure>> + 'a>>;

impl Promise {
    /// Returns all promises, in the order in which [`run`] checks them.
    #[must_use]
    pub fn all() -> &'static [Self] {
        ALL
    }

    /// Returns the promise of a name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|promise| promise.name == name)
    }

    /// Returns the name, such as `redelivers_after_nack`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Checks it, on event types and with subscriptions of names that nothing else has.
    pub async fn check(&self, setup: &dyn Setup) -> Outcome {
        if let Some(reason) = setup.left_out() {
            return Outcome::LeftOut(reason);
        }
        let checked = match Trial::new(setup).await {
            Ok(trial) => (self.check)(&trial).await,
            Err(failure) => Err(failure),
        };
        match checked {
            Ok(()) => Outcome::Kept,
            Err(Failure::Broken(how)) => Outcome::Broken(how),
            Err(Failure::NotMade(which)) => Outcome::LeftOut(which.to_owned()),
        }
    }
}

/// Checks all promises, one after the other.
pub async fn run(setup: &dyn Setup) -> Report {
    let mut report = Report::default();
    for promise in ALL {
        report.add(*promise, promise.check(setup).await);
    }
    report
}

/// Writes the table of promises, and the macro that makes a test of each.
macro_rules! promises {
    ($dollar:tt $($name:ident: $module:ident;)*) => {
        const ALL: &[Promise] = &[
            $(Promise {
                name: stringify!($name),
                check: |trial| Box::pin($module::$name(trial)),
            },)*
        ];

        /// Makes a test of each [promise](crate::Promise) of a transport.
        ///
        /// It takes the attributes that each test has and an expression for the
        /// [`Setup`](crate::Setup), which each test evaluates. The tests are async
        /// functions on a tokio runtime.
        ///
        /// ```ignore
        /// eventkit_transport_tests::transport_conformance! {
        ///     #[tokio::test]
        ///     MySetup::new()
        /// }
        /// ```
        #[macro_export]
        macro_rules! transport_conformance {
            ($dollar(#[$dollar attribute:meta])+ $dollar setup:expr) => {
                $(
                    $dollar(#[$dollar attribute])+
                    async fn $name() {
                        let setup = $dollar setup;
                        let name = stringify!($name);
                        let promise = $crate::Promise::find(name);
                        let promise = promise.expect("the promise is one of the table");
                        promise.check(&setup).await.assert_kept();
                    }
                )*
            };
        }
    };
}

promises! { $
    carries_every_attribute: content;
    carries_every_kind_of_data: content;
    carries_empty_and_large_messages: content;
    gives_messages_that_are_no_events_raw: content;
    finds_duplicates: content;
    selects_by_pattern: delivery;
    gives_each_subscription_everything: delivery;
    gives_what_is_announced_everything: delivery;
    tells_where_messages_stand: delivery;
    loses_nothing_when_next_is_dropped: delivery;
    bounds_what_is_in_flight: delivery;
    keeps_order: order;
    shares_among_consumers_of_one_name: share;
    gives_concurrent_consumers_everything_once: share;
    redelivers_after_nack: settle;
    redelivers_at_once_after_nack_without_delay: settle;
    redelivers_after_silence: settle;
    waits_while_in_progress: settle;
    settles_by_ack: settle;
    settles_by_terminate: settle;
    resumes_where_it_stopped: resume;
    gives_back_what_a_dropped_consumer_had: resume;
    gives_back_what_a_closed_consumer_had: resume;
    keeps_everything_through_a_restart: resume;
}
