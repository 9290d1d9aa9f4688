//! Faults of a cluster of servers.

use std::time::Duration;

use eventkit::BoxError;
use tokio::time::sleep;

use crate::environment::{Environment, in_hand};
use crate::operator::Operator;
use crate::setup::Setup;

/// How long a killed server is stopped. It is longer than the others need to elect a leader.
const DOWN: Duration = Duration::from_secs(6);

/// The time limit for an election.
const ELECTION: Duration = Duration::from_secs(30);

pub(crate) fn three_servers(setup: &mut Setup) {
    setup.servers = 3;
    setup.lasting(Duration::from_secs(12));
}

/// Kills the leader of the stream, twice.
pub(crate) async fn leader_killed(row: &mut Environment) -> Result<(), BoxError> {
    row.publish_all();
    row.start_worker()?;
    for time in 1..=2 {
        row.until(time, 4).await?;
        let leader = leader(&row.operator().await?).await?;
        row.broker.restart_member(&leader, DOWN).await?;
        row.allow(
            1,
            in_hand(),
            "acknowledgements that a killed leader had not replicated",
        );
    }
    row.until(1, 1).await
}

/// Returns the name of the server that leads the stream.
async fn leader(operator: &Operator) -> Result<String, BoxError> {
    let find = async {
        loop {
            // The cluster may have no leader to respond, and neither may the stream.
            if let Ok(Some(info)) = operator.stream().await
                && let Some(leader) = info["cluster"]["leader"].as_str()
                && !leader.is_empty()
            {
                return leader.to_owned();
            }
            sleep(Duration::from_millis(200)).await;
        }
    };
    let found = tokio::time::timeout(ELECTION, find).await;
    found.map_err(|_| "the stream has no leader".into())
}
