//! `eventkit letters count`.

use std::sync::atomic::AtomicBool;

use clap::Args;
use serde_json::json;

use super::service::ServiceArguments;
use super::table;
use crate::failure::{Failure, Status};
use crate::output::{self, Output};
use crate::signals::until_done;

/// Counts the dead letters by handler and error
///
/// The exit code is 1 if there is none.
#[derive(Debug, Args)]
pub(super) struct Count {
    #[command(flatten)]
    service: ServiceArguments,
}

impl Count {
    pub(super) async fn run(self, output: &mut Output) -> Result<(), Failure> {
        let is_interrupted = AtomicBool::new(false);
        let counting = async {
            let letters = self.service.open().await?;
            letters.counts().await.map_err(Failure::from)
        };
        let counts = until_done(&is_interrupted, counting).await?;
        if is_interrupted.into_inner() {
            return Err(Failure::reported(Status::Interrupted));
        }
        if counts.is_empty() {
            output::note("no dead letters");
            return Err(Failure::reported(Status::Negative));
        }
        if !output.is_json() {
            let table = table::of_counts(&counts, &self.service.service, output);
            return output.line(table);
        }
        for own in &counts {
            output.json(&json!({
                "handler": own.subscription, "error": own.error, "count": own.count,
            }))?;
        }
        Ok(())
    }
}
