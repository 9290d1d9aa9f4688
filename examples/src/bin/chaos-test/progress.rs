//! Progress of a row on standard error.

/// A line for each tenth of a row.
#[derive(Debug)]
pub(crate) struct Progress {
    title: String,
    tenths: u64,
}

impl Progress {
    pub(crate) fn new(title: String) -> Self {
        Self { title, tenths: 0 }
    }

    pub(crate) fn show(&mut self, done: u64, total: u64) {
        let tenths = done * 10 / total.max(1);
        if tenths > self.tenths {
            self.tenths = tenths;
            eprintln!("{}: {done} of {total}", self.title);
        }
    }
}
