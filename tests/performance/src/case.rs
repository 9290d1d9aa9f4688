//! An operation that is measured.

use std::fmt;
use std::hint::black_box;

/// Is an operation that is measured, with its name.
pub struct Case {
    /// What it does, and to what.
    pub name: String,
    prepare: Box<dyn Fn()>,
    run: Box<dyn Fn()>,
    /// How many operations a run is.
    pub operations: u64,
}

impl Case {
    /// Makes a case of an operation, whose result is made and dropped.
    pub fn new<R>(name: impl Into<String>, run: impl Fn() -> R + 'static) -> Self {
        Self {
            name: name.into(),
            prepare: Box::new(|| ()),
            run: Box::new(move || drop(black_box(run()))),
            operations: 1,
        }
    }

    /// Sets what is done before each run and not measured.
    #[must_use]
    pub fn prepared(mut self, prepare: impl Fn() + 'static) -> Self {
        self.prepare = Box::new(prepare);
        self
    }

    /// Says that a run is many operations; what is measured is told of one.
    #[must_use]
    pub fn operations(mut self, operations: u64) -> Self {
        self.operations = operations;
        self
    }

    /// Does what is not measured.
    pub fn prepare(&self) {
        (self.prepare)();
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
