//! The progress of long operations, on a terminal alone.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// The progress of an operation; it vanishes when it is dropped.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    /// Shows a spinner with a counter, such as `sent 17 events`. Without a terminal, nothing is shown.
    pub(crate) fn counting(done: &'static str, what: &'static str) -> Self {
        // The target is hidden unless the standard error is a terminal.
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        let template = format!("{{spinner}} {done} {{pos}} {what} in {{elapsed}}");
        if let Ok(style) = ProgressStyle::with_template(&template) {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self(bar)
    }

    pub(crate) fn increase(&self, count: usize) {
        self.0.inc(count as u64);
    }

    /// Runs a function while the progress is hidden, so that its output does not mix with it.
    pub(crate) fn pause<R>(&self, write: impl FnOnce() -> R) -> R {
        self.0.suspend(write)
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
