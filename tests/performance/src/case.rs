//! An operation that is measured.

use std::fmt;
use std::hint::black_box;

/// Is an operation that is measured, with its name.
pub struct Case {
    /// What it does, and to what.
    pub name: String,
    run: Box<dyn Fn()>,
}

impl Case {
    /// Makes a case of an operation, whose result is made and dropped.
    pub fn new<R>(name: impl Into<String>, run: impl Fn() -> R + 'static) -> Self {
        Self {
            name: name.into(),
            run: Box::new(move || drop(black_box(run()))),
        }
    }

    /// Does it once.
    pub fn run(&self) {
        (self.run)();
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}
