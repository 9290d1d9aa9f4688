//! A measured operation.

use std::fmt;
use std::hint::black_box;
use std::rc::Rc;

/// A measured operation with a name.
pub struct Case {
    /// The operation and its input.
    pub name: String,
    prepare: Box<dyn Fn()>,
    run: Box<dyn Fn()>,
    /// The number of operations in a run.
    pub operations: u64,
}

impl Case {
    /// Creates a case of an operation, whose result is dropped within the measurement.
    pub fn new<R>(name: impl Into<String>, run: impl Fn() -> R + 'static) -> Self {
        Self {
            name: name.into(),
            prepare: Box::new(|| ()),
            run: Box::new(move || drop(black_box(run()))),
            operations: 1,
        }
    }

    /// Sets a function that runs before each run and is not measured.
    #[must_use]
    pub fn prepared(mut self, prepare: impl Fn() + 'static) -> Self {
        self.prepare = Box::new(prepare);
        self
    }

    /// Sets the number of operations in a run. Results are reported per operation.
    #[must_use]
    pub fn operations(mut self, operations: u64) -> Self {
        self.operations = operations;
        self
    }

    /// Runs preparation and operation within a function, which is measured too.
    #[must_use]
    pub fn within(self, wrap: impl Fn(&dyn Fn()) + 'static) -> Self {
        let wrap = Rc::new(wrap);
        let (preparing, prepare, run) = (Rc::clone(&wrap), self.prepare, self.run);
        Self {
            prepare: Box::new(move || preparing(&*prepare)),
            run: Box::new(move || wrap(&*run)),
            ..self
        }
    }

    /// Runs the preparation, which is not measured.
    pub fn prepare(&self) {
        (self.prepare)();
    }

    /// Runs the case once.
    pub fn run(&self) {
        (self.run)();
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}
