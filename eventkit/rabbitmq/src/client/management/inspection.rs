//! Checks of the policies and bindings of operators, with results that subscriptions share.

use std::time::Duration;

use eventkit::transport::TransportError;
use tokio::time::Instant;

use super::api::{Api, Queue};
use super::bindings::{self, Differences};
use super::policies::{self, Findings, Kind};
use crate::mapping::names::Names;
use crate::mapping::routing::Binding;

/// The time for which subscriptions share the findings on what all of them use. The statistics of the broker are as
/// old.
const SHARED_FOR: Duration = Duration::from_secs(5);

/// The findings on the objects that all subscriptions use.
#[derive(Debug, Clone)]
struct Common {
    major_version: Option<u32>,
    findings: Findings,
}

/// The comparison of what operators make with what the transport needs.
#[derive(Debug)]
pub(crate) struct Inspection {
    api: Api,
    common: tokio::sync::Mutex<Option<(Instant, Common)>>,
}

impl Inspection {
    pub(crate) fn new(api: Api) -> Self {
        Self {
            api,
            common: tokio::sync::Mutex::default(),
        }
    }

    /// Compares the policies of the exchanges, the delay queues, and the stream of the state.
    ///
    /// # Errors
    ///
    /// Returns an error if the management API does not answer.
    pub(crate) async fn check_common(&self, names: &Names) -> Result<Findings, TransportError> {
        self.common(names).await.map(|common| common.findings)
    }

    /// Compares the policies of the queue of a subscription, and of everything that it uses.
    ///
    /// # Errors
    ///
    /// Returns an error if the management API does not answer.
    pub(crate) async fn check_queue(
        &self,
        names: &Names,
        queue: &str,
    ) -> Result<Findings, TransportError> {
        let Common {
            major_version,
            mut findings,
        } = self.common(names).await?;
        let Some(found) = self.api.queue(queue).await? else {
            return Ok(findings);
        };
        match found.settings() {
            Some(settings) => {
                let what = found.description();
                findings.add(Kind::Subscription, &settings, &what);
                let limit = policies::warn_of_default_limit(major_version, &settings, &what);
                findings.warnings.extend(limit);
            }
            None => findings.is_complete = false,
        }
        Ok(findings)
    }

    /// Compares the bindings of a queue.
    ///
    /// # Errors
    ///
    /// Returns an error if the management API does not answer.
    pub(crate) async fn compare_bindings(
        &self,
        names: &Names,
        queue: &str,
        needed: &[Binding],
    ) -> Result<Differences, TransportError> {
        let found = self.api.bindings(queue).await?;
        Ok(bindings::compare(names, needed, found))
    }

    async fn common(&self, names: &Names) -> Result<Common, TransportError> {
        let mut last = self.common.lock().await;
        if let Some((at, common)) = &*last
            && at.elapsed() < SHARED_FOR
        {
            return Ok(common.clone());
        }
        let major_version = self.api.major_version().await?;
        let mut findings = Findings::default();
        for (exchange, kind) in [
            (&names.events, Kind::Events),
            (&names.services, Kind::Services),
            (&names.delays, Kind::Services),
        ] {
            if let Some((policy, settings)) = self.api.policy_of(exchange).await? {
                let what = format!("the exchange `{exchange}` with the policy `{policy}`");
                findings.add(kind, &settings, &what);
            }
        }
        for queue in self.api.queues(&pattern(names)).await? {
            let kind = if queue.name == names.state {
                Kind::State
            } else {
                Kind::Delay
            };
            if let Some(settings) = Queue::settings(&queue) {
                findings.add(kind, &settings, &queue.description());
            }
        }
        let common = Common {
            major_version,
            findings,
        };
        *last = Some((Instant::now(), common.clone()));
        Ok(common)
    }
}

/// Returns a regular expression for the names of the stream of the state and of the delay queues.
fn pattern(names: &Names) -> String {
    // No other character of these names has a meaning in a regular expression.
    let literal = |name: &str| name.replace('.', r"\.");
    format!(
        r"^({}|{}\.[0-9]+)$",
        literal(&names.state),
        literal(&names.delays)
    )
}
