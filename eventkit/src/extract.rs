//! Extractors of attributes: parameters that a handler may take after the event.
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
//! [`State`](crate::State) and [`Context`](crate::Context) are extractors too, as are the documented
//! [extensions](crate::extension) and the types that implement [`Extract`](crate::Extract), or, for async
//! handlers, [`ExtractAsync`](crate::ExtractAsync).

pub use crate::dispatch::{Id, Source, Subject, Time, Type};
