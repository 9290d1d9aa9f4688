//! The table of rows, with the faults of production.

use std::future::Future;
use std::pin::Pin;

use eventkit::BoxError;

use crate::environment::Environment;
use crate::setup::Setup;
use crate::{clusters, connections, deployments, operators, processes, replays, stores};

/// The fault of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    /// The name on the command line.
    pub(crate) name: &'static str,
    /// The name in the table.
    pub(crate) title: &'static str,
    pub(crate) set_up: fn(&mut Setup),
    /// Causes the fault, and returns when the workers are done or stuck.
    pub(crate) happen: fn(&mut Environment) -> Happening<'_>,
}

pub(crate) type Happening<'e> = Pin<Box<dyn Future<Output = Result<(), BoxError>> + Send + 'e>>;

macro_rules! faults {
    ($($name:literal $title:literal $set_up:expr, $happen:path;)*) => {
        pub(crate) const FAULTS: &[Fault] = &[$(Fault {
            name: $name,
            title: $title,
            set_up: $set_up,
            happen: |environment| Box::pin($happen(environment)),
        }),*];
    };
}

fn nothing(_: &mut Setup) {}

faults! {
    "none" "none" nothing, processes::work;
    "before-ack" "worker SIGKILL before ack, 4 times" nothing, processes::killed_before_ack;
    "mid-handler" "worker SIGKILL in handler, 4 times" nothing, processes::killed_in_handler;
    "terminate" "SIGTERM under load, 4 times" nothing, processes::terminated;
    "join-leave" "workers join and leave" nothing, processes::join_and_leave;
    "panic" "handler panics for 1%" processes::panics_for_a_few, processes::work;
    "freeze" "worker SIGSTOP for 5 s, twice" operators::under_load, processes::frozen;
    "crasher" "one event aborts its process" processes::one_event_aborts, processes::crash;
    "terminate-50" "1 attempt, SIGTERM 50 times" processes::one_attempt, processes::terminated_often;
    "kill-50" "1 attempt, worker SIGKILL 50 times" processes::one_attempt, processes::killed_often;
    "close-50" "1 attempt, connections closed 50 times" processes::one_attempt, connections::connections_closed;
    "network" "network cut for 6 s, twice" operators::under_load, connections::network_cut;
    "half-open" "half-open for 6 s, each way" operators::under_load, connections::half_open;
    "server-kill" "nats-server SIGKILL, twice" operators::under_load, connections::server_killed;
    "server-freeze" "nats-server SIGSTOP for 6 s, twice" operators::under_load, connections::server_frozen;
    "leader-kill" "leader of 3 servers SIGKILL, twice" clusters::three_servers, clusters::leader_killed;
    "twice" "every event published twice" nothing, stores::published_twice;
    "poison" "1% poison" stores::poison, processes::work;
    "letters-down" "dead letters down, 1% poison" stores::poison, stores::letters_down;
    "replay" "replay under load, worker SIGKILL" replays::declines_a_few, replays::replay;
    "outgoing-down" "outgoing events down for 6 s" stores::sends_receipts, stores::outgoing_down;
    "inbox-locked" "inbox locked for 12 s" operators::under_load, stores::inbox_locked;
    "full-bytes" "stream out of bytes, 1% poison" stores::poison, stores::full_of_bytes;
    "full-messages" "stream out of messages" nothing, stores::full_of_messages;
    "widened" "deployment: pattern widened" deployments::widened, deployments::roll;
    "widened-back" "deployment: widened, old one restarts" deployments::widened, deployments::roll_and_restart_old;
    "narrowed" "deployment: pattern narrowed" deployments::narrowed, deployments::roll;
    "filter" "deployment: filter changed" deployments::filter_changed, deployments::roll;
    "policy" "deployment: ack_wait and attempts cut" deployments::policy_changed, deployments::roll_policy;
    "added" "deployment: handler added" deployments::handler_added, deployments::roll;
    "removed" "deployment: handler removed, rolled back" deployments::handler_removed, deployments::remove_and_roll_back;
    "renamed" "deployment: handler renamed" deployments::handler_renamed, deployments::roll;
    "consumer-deleted" "operator deletes a consumer" operators::under_less_load, operators::consumer_deleted;
    "stream-deleted" "operator deletes the stream" operators::under_load, operators::stream_deleted;
    "max-deliver" "operator caps deliveries" operators::under_load, operators::deliveries_capped;
    "settings" "operator cuts ack_wait, max_ack_pending" operators::slow_and_patient, operators::settings_changed;
}

impl Fault {
    pub(crate) fn named(name: &str) -> Option<Self> {
        FAULTS.iter().find(|fault| fault.name == name).copied()
    }
}
