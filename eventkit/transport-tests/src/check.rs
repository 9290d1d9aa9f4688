//! The checks, and the macro that defines a test for each of them.

use std::future::Future;
use std::pin::Pin;

use anyhow::{Error, Result};

use super::context::TestContext;
use super::fixture::Fixture;
use super::outcome::{Outcome, Skip};
use super::{content, delivery, deploy, order, records, reserved, resume, settle, share};

/// A check of one promise that services rely on.
///
/// ```
/// use eventkit_transport_tests::Check;
///
/// for check in Check::all() {
///     println!("{}", check.name());
/// }
/// assert!(Check::find("keeps_records_of_deliveries").is_some());
/// ```
#[derive(Debug, Clone, Copy)]
pub struct Check {
    name: &'static str,
    run: CheckFn,
}

type CheckFn = for<'a> fn(&'a TestContext<'a>) -> Pin<Box<dyn Future<Output = Result<()>> + 'a>>;

impl Check {
    /// Returns all checks, in the order in which [`run`](crate::run) runs them.
    #[must_use]
    pub fn all() -> &'static [Self] {
        ALL
    }

    /// Returns the check with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        ALL.iter().copied().find(|check| check.name == name)
    }

    /// Returns the name, such as `redelivers_after_nack`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Runs the check on the transport of a fixture.
    pub async fn run(&self, fixture: &dyn Fixture) -> Outcome {
        if let Some(reason) = fixture.skip_reason() {
            return Outcome::Skipped(reason);
        }
        let result = match TestContext::new(fixture).await {
            Ok(context) => (self.run)(&context).await,
            Err(error) => Err(error),
        };
        match result.map_err(Error::downcast::<Skip>) {
            Ok(()) => Outcome::Passed,
            Err(Ok(skip)) => Outcome::Skipped(skip.to_string()),
            // The message includes all sources of the error.
            Err(Err(error)) => Outcome::Failed(format!("{error:#}")),
        }
    }
}

/// Defines the table of checks, and the macro that defines a test for each of them.
macro_rules! checks {
    ($dollar:tt $($name:ident: $module:ident;)*) => {
        const ALL: &[Check] = &[
            $(Check {
                name: stringify!($name),
                run: |context| Box::pin($module::$name(context)),
            },)*
        ];

        /// Defines a test for each [`Check`](crate::Check) of a transport.
        ///
        /// The arguments are the attributes of the tests, and an expression for the
        /// [`Fixture`](crate::Fixture), which each test evaluates. The tests are async functions
        /// for a tokio runtime.
        ///
        /// ```ignore
        /// eventkit_transport_tests::transport_tests! {
        ///     #[tokio::test]
        ///     MyFixture::new()
        /// }
        /// ```
        #[macro_export]
        macro_rules! transport_tests {
            ($dollar(#[$dollar attribute:meta])+ $dollar fixture:expr) => {
                $(
                    $dollar(#[$dollar attribute])+
                    async fn $name() {
                        let fixture = $dollar fixture;
                        let check = $crate::Check::find(stringify!($name));
                        let check = check.expect("the macro and the table have the same names");
                        check.run(&fixture).await.assert_passed();
                    }
                )*
            };
        }
    };
}

checks! { $
    carries_every_attribute: content;
    carries_every_kind_of_data: content;
    carries_empty_and_large_messages: content;
    decodes_events_published_raw: content;
    delivers_invalid_messages_raw: content;
    detects_duplicates: content;
    delivers_reserved_messages_with_headers: reserved;
    delivers_nothing_else_as_reserved: reserved;
    selects_by_pattern: delivery;
    delivers_everything_to_each_subscription: delivery;
    delivers_everything_to_prepared_subscriptions: delivery;
    reports_delivery_count_and_position: delivery;
    loses_nothing_when_next_is_dropped: delivery;
    limits_messages_in_flight: delivery;
    keeps_order: order;
    shares_messages_among_consumers_of_one_name: share;
    delivers_once_to_concurrent_consumers: share;
    lists_subscriptions: share;
    redelivers_after_nack: settle;
    redelivers_at_once_after_nack_without_delay: settle;
    redelivers_after_ack_wait: settle;
    extends_ack_wait_while_in_progress: settle;
    settles_by_ack: settle;
    settles_by_terminate: settle;
    skips_only_for_the_latest_selection: deploy;
    starts_where_asked: deploy;
    continues_under_a_new_name: deploy;
    keeps_records_of_deliveries: records;
    resumes_where_it_stopped: resume;
    returns_messages_of_a_dropped_consumer: resume;
    returns_messages_of_a_closed_consumer: resume;
    keeps_everything_across_a_restart: resume;
}
