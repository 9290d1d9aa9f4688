//! An explicit path of the library, and a `macro_rules!` that defines events and handlers.

use std::error::Error;
use std::fmt::{Display, Formatter, Result as Formatted};
use std::future::ready;

use eventkit::{CloudEvent, Event, HandlerError, Registry, handles};
use serde::{Deserialize, Serialize};

/// The registry of the handlers of this module.
pub static WRITTEN: Registry = Registry::new("written");

/// The error of the handlers.
#[derive(Debug, HandlerError)]
#[handler_error(crate = ::eventkit)]
pub enum Failed {
    /// The bank does not respond.
    #[retry(after = "3s")]
    BankAway,
    /// The card was declined.
    #[dead_letter]
    Declined {
        /// The reason.
        reason: String,
    },
}

impl Display for Failed {
    fn fmt(&self, f: &mut Formatter<'_>) -> Formatted {
        match self {
            Self::BankAway => f.write_str("no answer"),
            Self::Declined { reason } => f.write_str(reason),
        }
    }
}

impl Error for Failed {}

/// Defines event types, an enum of them, and handlers, with every token from the caller.
macro_rules! events {
    ($set:ident: $($name:ident is $ty:literal { $($field:ident: $of:ty),* })*; $envelope:ty, $text:ty) => {
        $(
            /// An event.
            #[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
            #[cloudevent(type = $ty, source = "/written", crate = ::eventkit)]
            pub struct $name {
                /// The subject.
                #[cloudevent(subject)]
                pub subject: String,
                $(
                    /// The data.
                    pub $field: $of,
                )*
            }
        )*

        /// An enum of all events.
        #[derive(Debug, Clone, CloudEvent)]
        #[cloudevent(crate = ::eventkit)]
        pub enum $set {
            $(
                /// One of the events.
                $name($name),
            )*
        }

        #[handles($($ty),*, registry = WRITTEN, crate = ::eventkit)]
        async fn waits(event: $set) -> Result<(), Failed> {
            ready(event).await;
            Err(Failed::BankAway)
        }

        #[handles($($ty),*, registry = WRITTEN, crate = ::eventkit)]
        fn looks(event: &$envelope, #[extension("tenant")] tenant: $text) -> Result<(), Failed> {
            let reason = format!("{event} {tenant:?}");
            Err(Failed::Declined { reason })
        }
    };
}

events! {
    Books:
    Opened is "co.outcome.book.opened" { page: u32 }
    Closed is "co.outcome.book.closed" {};
    Event, Option<String>
}
