//! Extractors of attributes, which a handler may take as parameters after the event.
//!
//! ```
//! use eventkit::extract::{Id, Subject};
//! use eventkit::{Event, Registry, handles};
//!
//! static LOGGED: Registry = Registry::new("logged");
//!
//! #[handles("*", registry = LOGGED)]
//! fn log(_event: &Event, Id(id): Id<'_>, subject: Option<Subject<'_>>) {
//!     println!("{id} is about {subject:?}");
//! }
//! ```
//!
//! Other extractors are [`State`](crate::State), [`Context`](crate::Context), the documented
//! [extensions](crate::extension), types that implement [`Extract`](crate::Extract) and, in async
//! handlers, types that implement [`ExtractAsync`](crate::ExtractAsync).

pub use crate::dispatch::{Id, Source, Subject, Time, Type};
