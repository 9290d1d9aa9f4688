//! Checks of the policies and bindings of operators, when a subscription is opened and while it is open.

use std::time::Duration;

use eventkit::transport::{SelectionRole, TransportError, with_causes};
use tracing::warn;

use super::consumer_state::ConsumerState;
use super::management::{Findings, Inspection};
use super::shared::Shared;
use crate::mapping::routing::Binding;

/// The interval between checks while a subscription is open.
pub(super) const INTERVAL: Duration = Duration::from_secs(30);

/// Compares what all subscriptions use, if the management API is configured.
///
/// # Errors
///
/// Returns an error if the API does not answer, or if a setting is refused.
pub(super) async fn check_common(shared: &Shared) -> Result<(), TransportError> {
    match shared.inspection() {
        Some(inspection) => inspection.check_common(&shared.names).await?.result(),
        None => Ok(()),
    }
}

/// Compares the policies of a queue before a consumer of it is opened. An API that does not answer is a
/// warning.
///
/// # Errors
///
/// Returns an error if a setting is refused.
pub(super) async fn check_queue(shared: &Shared, queue: &str) -> Result<(), TransportError> {
    let Some(inspection) = shared.inspection() else {
        return Ok(());
    };
    let checked = inspection.check_queue(&shared.names, queue).await;
    // A new queue has no statistics yet: the keeper compares its policies.
    let findings = checked.unwrap_or_else(|error| not_compared(&error));
    shared.with_status(queue, |known| known.warnings.clone_from(&findings.warnings));
    findings.result()
}

/// Compares the policies and the bindings of the queue of an open consumer, which ends if a setting is
/// refused.
pub(super) async fn check_running(state: &ConsumerState) {
    let shared = &state.shared;
    let Some(inspection) = shared.inspection() else {
        return;
    };
    let queue = &*state.deliveries.queue;
    let checked = compare(state, inspection, queue).await;
    let findings = checked.unwrap_or_else(|error| not_compared(&error));
    shared.with_status(queue, |known| known.warnings.clone_from(&findings.warnings));
    if let Err(error) = findings.result() {
        state.deliveries.fail(error);
    }
}

async fn compare(
    state: &ConsumerState,
    inspection: &Inspection,
    queue: &str,
) -> Result<Findings, TransportError> {
    let names = &state.shared.names;
    let mut findings = inspection.check_queue(names, queue).await?;
    if !findings.is_complete {
        findings.warnings.push(format!(
            "the management API has no statistics of the queue `{queue}`, so its policies are not compared"
        ));
    }
    if let Some(needed) = needed_bindings(state) {
        let differences = inspection.compare_bindings(names, queue, &needed).await?;
        if !differences.missing.is_empty() {
            restore(state, &differences.missing).await?;
        }
        let others = differences.others.iter().map(|(exchange, key)| {
            format!(
                "the queue `{queue}` has a binding of the exchange `{exchange}` with the key `{key}`, which no \
                 deployment has made: messages that no pattern selects are acknowledged without being handled"
            )
        });
        findings.warnings.extend(others);
    }
    Ok(findings)
}

fn not_compared(error: &TransportError) -> Findings {
    let mut findings = Findings::default();
    findings.warnings.push(format!(
        "the policies and bindings of RabbitMQ are not compared: {}",
        with_causes(error)
    ));
    findings
}

/// Returns the bindings that the queue needs; `None` if this process does not have the latest selection.
fn needed_bindings(state: &ConsumerState) -> Option<Vec<Binding>> {
    let name = &state.deliveries.subscription.name;
    state.shared.log.with_state(|all| {
        let own = all.find(name)?;
        let is_latest = own.selections.role_of(&state.digest) == SelectionRole::Latest;
        is_latest.then(|| own.all_bindings())
    })
}

/// Restores bindings that an operator removed.
async fn restore(state: &ConsumerState, missing: &[Binding]) -> Result<(), TransportError> {
    let shared = &state.shared;
    // A later deployment may have removed them since.
    shared.log.sync().await?;
    let Some(needed) = needed_bindings(state) else {
        return Ok(());
    };
    let missing: Vec<Binding> = missing
        .iter()
        .filter(|own| needed.contains(own))
        .cloned()
        .collect();
    let queue = &*state.deliveries.queue;
    shared.administrator().bind_all(queue, &missing).await?;
    let keys: Vec<String> = missing.iter().map(|own| format!("`{}`", own.key)).collect();
    let incident = format!(
        "bindings of the queue `{queue}` were removed and are restored: {}; the subscription does not receive \
         what was published meanwhile",
        keys.join(", ")
    );
    warn!(subscription = %state.deliveries.subscription.name, "{incident}");
    shared.with_status(queue, |known| known.incident = Some(incident));
    Ok(())
}
