//! The table of rows, with the faults of production.

use std::future::Future;
use std::pin::Pin;

use eventkit::BoxError;

use crate::broker_config::BrokerKind::{self, Nats, RabbitMq};
use crate::environment::Environment;
use crate::setup::Setup;
use crate::{clusters, connections, deployments, operators, processes, rabbitmq, replays, stores};

/// The fault of a row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fault {
    pub(crate) broker: BrokerKind,
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
    ($($broker:ident $name:literal $title:literal $set_up:expr, $happen:path;)*) => {
        pub(crate) const FAULTS: &[Fault] = &[$(Fault {
            broker: $broker,
            name: $name,
            title: $title,
            set_up: $set_up,
            happen: |environment| Box::pin($happen(environment)),
        }),*];
    };
}

fn nothing(_: &mut Setup) {}

faults! {
    Nats "none" "none" nothing, processes::work;
    Nats "before-ack" "worker SIGKILL before ack, 4 times" nothing, processes::killed_before_ack;
    Nats "mid-handler" "worker SIGKILL in handler, 4 times" nothing, processes::killed_in_handler;
    Nats "terminate" "SIGTERM under load, 4 times" nothing, processes::terminated;
    Nats "join-leave" "workers join and leave" nothing, processes::join_and_leave;
    Nats "panic" "handler panics for 1%" processes::panics_for_a_few, processes::work;
    Nats "freeze" "worker SIGSTOP for 5 s, twice" operators::under_load, processes::frozen;
    Nats "crasher" "one event aborts its process" processes::one_event_aborts, processes::crash;
    Nats "terminate-50" "1 attempt, SIGTERM 50 times" processes::one_attempt, processes::terminated_often;
    Nats "kill-50" "1 attempt, worker SIGKILL 50 times" processes::one_attempt, processes::killed_often;
    Nats "close-50" "1 attempt, connections closed 50 times" processes::one_attempt, connections::connections_closed;
    Nats "network" "network cut for 6 s, twice" operators::under_load, connections::network_cut;
    Nats "half-open" "half-open for 6 s, each way" operators::under_load, connections::half_open;
    Nats "server-kill" "nats-server SIGKILL, twice" operators::under_load, connections::server_killed;
    Nats "server-freeze" "nats-server SIGSTOP for 6 s, twice" operators::under_load, connections::server_frozen;
    Nats "leader-kill" "leader of 3 servers SIGKILL, twice" clusters::three_servers, clusters::leader_killed;
    Nats "twice" "every event published twice" nothing, stores::published_twice;
    Nats "poison" "1% poison" stores::poison, processes::work;
    Nats "letters-down" "dead letters down, 1% poison" stores::poison, stores::letters_down;
    Nats "replay" "replay under load, worker SIGKILL" replays::declines_a_few, replays::replay;
    Nats "outgoing-down" "outgoing events down for 6 s" stores::sends_receipts, stores::outgoing_down;
    Nats "inbox-locked" "inbox locked for 12 s" operators::under_load, stores::inbox_locked;
    Nats "full-bytes" "stream out of bytes, 1% poison" stores::poison, stores::full_of_bytes;
    Nats "full-messages" "stream out of messages" nothing, stores::full_of_messages;
    Nats "widened" "deployment: pattern widened" deployments::widened, deployments::roll;
    Nats "widened-back" "deployment: widened, old one restarts" deployments::widened, deployments::roll_and_restart_old;
    Nats "narrowed" "deployment: pattern narrowed" deployments::narrowed, deployments::roll;
    Nats "filter" "deployment: filter changed" deployments::filter_changed, deployments::roll;
    Nats "policy" "deployment: ack_wait and attempts cut" deployments::policy_changed, deployments::roll_policy;
    Nats "added" "deployment: handler added" deployments::handler_added, deployments::roll;
    Nats "removed" "deployment: handler removed, rolled back" deployments::handler_removed, deployments::remove_and_roll_back;
    Nats "renamed" "deployment: handler renamed" deployments::handler_renamed, deployments::roll;
    Nats "consumer-deleted" "operator deletes a consumer" operators::under_less_load, operators::consumer_deleted;
    Nats "stream-deleted" "operator deletes the stream" operators::under_load, operators::stream_deleted;
    Nats "max-deliver" "operator caps deliveries" operators::under_load, operators::deliveries_capped;
    Nats "settings" "operator cuts ack_wait, max_ack_pending" operators::slow_and_patient, operators::settings_changed;

    RabbitMq "rabbitmq" "RabbitMQ: none" nothing, processes::work;
    RabbitMq "rabbitmq-before-ack" "RabbitMQ: worker SIGKILL before ack, 4 times" nothing, processes::killed_before_ack;
    RabbitMq "rabbitmq-kill" "RabbitMQ: one of 3 workers SIGKILL, 4 times" operators::under_load, processes::one_of_three_killed;
    RabbitMq "rabbitmq-terminate" "RabbitMQ: SIGTERM under load, 4 times" nothing, processes::terminated;
    RabbitMq "rabbitmq-freeze" "RabbitMQ: worker SIGSTOP for 5 s, twice" operators::under_load, processes::frozen;
    RabbitMq "rabbitmq-crasher" "RabbitMQ: one event aborts its process" processes::one_event_aborts, processes::crash;
    RabbitMq "rabbitmq-kill-50" "RabbitMQ: 1 attempt, worker SIGKILL 50 times" processes::one_short_attempt, processes::killed_often;
    RabbitMq "rabbitmq-close-50" "RabbitMQ: 1 attempt, connections closed 50 times" processes::one_attempt, connections::connections_closed;
    RabbitMq "rabbitmq-network" "RabbitMQ: network cut for 6 s, twice" operators::under_load, connections::network_cut;
    RabbitMq "rabbitmq-half-open" "RabbitMQ: half-open for 6 s, each way" operators::under_load, connections::half_open;
    RabbitMq "rabbitmq-server-kill" "RabbitMQ: server SIGKILL, twice" rabbitmq::harmed_under_load, connections::server_killed;
    RabbitMq "rabbitmq-server-freeze" "RabbitMQ: server SIGSTOP for 6 s, twice" rabbitmq::harmed_under_load, connections::server_frozen;
    RabbitMq "rabbitmq-memory" "RabbitMQ: alarm of the memory for 6 s" rabbitmq::under_long_load, rabbitmq::memory_alarm;
    RabbitMq "rabbitmq-twice" "RabbitMQ: every event published twice, inbox" nothing, stores::published_twice_with_inbox;
    RabbitMq "rabbitmq-poison" "RabbitMQ: 1% poison" stores::poison, processes::work;
    RabbitMq "rabbitmq-letters-down" "RabbitMQ: dead letters down, 1% poison" stores::poison, stores::letters_down;
    RabbitMq "rabbitmq-replay" "RabbitMQ: replay under load, worker SIGKILL" replays::declines_a_few, replays::replay;
    RabbitMq "rabbitmq-outgoing-down" "RabbitMQ: outgoing events down for 6 s" stores::sends_receipts, stores::outgoing_down;
    RabbitMq "rabbitmq-widened" "RabbitMQ: deployment: pattern widened" deployments::widened, deployments::roll;
    RabbitMq "rabbitmq-widened-back" "RabbitMQ: deployment: widened, old one restarts" deployments::widened, deployments::roll_and_restart_old;
    RabbitMq "rabbitmq-narrowed" "RabbitMQ: deployment: pattern narrowed" deployments::narrowed, deployments::roll;
    RabbitMq "rabbitmq-filter" "RabbitMQ: deployment: filter changed" deployments::filter_changed, deployments::roll;
    RabbitMq "rabbitmq-policy" "RabbitMQ: deployment: ack_wait, attempts cut" deployments::policy_changed, deployments::roll_policy;
    RabbitMq "rabbitmq-removed" "RabbitMQ: deployment: handler removed, back" deployments::handler_removed, deployments::remove_and_roll_back;
    RabbitMq "rabbitmq-renamed" "RabbitMQ: deployment: handler renamed" deployments::handler_renamed, deployments::roll;
    RabbitMq "rabbitmq-queue-deleted" "RabbitMQ: operator deletes a queue" operators::under_load, rabbitmq::queue_deleted;
}

impl Fault {
    pub(crate) fn named(name: &str) -> Option<Self> {
        FAULTS.iter().find(|fault| fault.name == name).copied()
    }
}
