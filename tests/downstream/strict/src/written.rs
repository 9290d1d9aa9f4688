//! The path of the library written out, and a `macro_rules!` that writes what it is used for.

use std::error::Error;
use std::fmt::{Display, Formatter, Result as Formatted};
use std::future::ready;

use eventkit::{CloudEvent, Event, HandlerError, Registry, handles};
use serde::{Deserialize, Serialize};

/// Holds the handlers of this module.
pub static WRITTEN: Registry = Registry::new("written");

/// Is what goes wrong.
#[derive(Debug, HandlerError)]
#[handler_error(crate = ::eventkit)]
pub enum Failed {
    /// The bank does not answer.
    #[retry(after = "3s")]
    BankAway,
    /// The card was declined.
    #[dead_letter]
    Declined {
        /// Why.
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

/// Writes event types, an enum of them, and handlers, with every piece coming from the caller.
macro_rules! events {
    ($set:ident: $($name:ident is $ty:literal { $($field:ident: $of:ty),* })*; $envelope:ty, $text:ty) => {
        $(
            /// Is an event.
            #[derive(Debug, Clone, Serialize, Deserialize, CloudEvent)]
            #[cloudevent(type = $ty, source = "/written", crate = ::eventkit)]
            pub struct $name {
                /// Is the subject.
                #[cloudevent(subject)]
                pub subject: String,
                $(
                    /// Is data.
                    pub $field: $of,
                )*
            }
        )*

        /// Is all of them.
        #[derive(Debug, Clone, CloudEvent)]
        #[cloudevent(crate = ::eventkit)]
        pub enum $set {
            $(
                /// Is one of them.
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
