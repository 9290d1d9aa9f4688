//! The aliases of renamed subscriptions.

use eventkit::transport::{Subscription, TransportError};
use serde::{Deserialize, Serialize};
use tracing::info;

use super::consumer_info::ConsumerInfo;
use super::selection::Record;
use super::shared::Shared;
use super::state::StateStore;

/// The durable consumer that a later name of a subscription refers to.
#[derive(Debug, Serialize, Deserialize)]
struct Alias {
    durable: String,
}

impl Alias {
    /// Returns the key of the alias of a name, or of all names with `*`.
    fn key(name: &str) -> String {
        format!("alias.{name}")
    }
}

/// Returns the durable name of a subscription: its own, or that of a subscription that it
/// continues.
pub(super) async fn resolve(
    shared: &Shared,
    subscription: &Subscription,
) -> Result<String, TransportError> {
    let name = &subscription.name;
    if let Some(durable) = alias(shared, name).await? {
        return Ok(durable);
    }
    let known = shared.known_durable(name);
    if let Some(known) = known.filter(|known| known.known_record().is_some()) {
        // The alias is missing, for instance because the state was deleted.
        if known.name != *name {
            record_alias(&shared.state, name, &known.name).await?;
        }
        return Ok(known.name.clone());
    }
    if exists(shared, name).await? {
        return Ok(name.clone());
    }
    for former in &subscription.formerly {
        let durable = alias(shared, former).await?;
        let durable = durable.unwrap_or_else(|| former.clone());
        if exists(shared, &durable).await? {
            if record_alias(&shared.state, name, &durable).await? {
                info!(
                    subscription = %name, durable = %durable,
                    "continuing the consumer of the subscription's former name"
                );
                return Ok(durable);
            }
            let other = alias(shared, name).await?;
            return Ok(other.unwrap_or(durable));
        }
    }
    Ok(name.clone())
}

/// Records an alias for the durable of a renamed subscription; returns `false` if one was already
/// recorded.
pub(super) async fn record_alias(
    state: &StateStore,
    name: &str,
    durable: &str,
) -> Result<bool, TransportError> {
    let durable = durable.to_owned();
    let key = Alias::key(name);
    let written = state.replace(&key, 0, &Alias { durable }).await?;
    Ok(written.is_some())
}

/// Returns whether a durable has this name, or a subscription was renamed to it.
pub(super) async fn is_name_of(
    shared: &Shared,
    name: &str,
    durable: &str,
) -> Result<bool, TransportError> {
    Ok(name == durable || alias(shared, name).await?.as_deref() == Some(durable))
}

async fn alias(shared: &Shared, name: &str) -> Result<Option<String>, TransportError> {
    let alias = shared.state.get::<Alias>(&Alias::key(name)).await?;
    Ok(alias.map(|alias| alias.value.durable))
}

/// Returns whether a durable exists, or a record of a deleted one.
async fn exists(shared: &Shared, durable: &str) -> Result<bool, TransportError> {
    if ConsumerInfo::look_up(shared, durable).await?.is_some() {
        return Ok(true);
    }
    let record = shared.state.get::<Record>(&Record::key(durable)).await?;
    Ok(record.is_some())
}

/// A durable whose subscription was renamed.
#[derive(Debug)]
pub(super) struct Renamed {
    pub(super) durable: String,
    pub(super) name: String,
    /// The latest name of the subscription.
    pub(super) latest: String,
}

/// Returns the renamed durables, with their latest names.
pub(super) async fn renamed(state: &StateStore) -> Result<Vec<Renamed>, TransportError> {
    let prefix = Alias::key("");
    let mut renamed = Vec::new();
    for key in state.keys(&Alias::key("*")).await? {
        let (Some(name), Some(alias)) =
            (key.strip_prefix(&prefix), state.get::<Alias>(&key).await?)
        else {
            continue;
        };
        let durable = alias.value.durable;
        if let Some(record) = state.get::<Record>(&Record::key(&durable)).await? {
            renamed.push(Renamed {
                durable,
                name: name.to_owned(),
                latest: record.value.name,
            });
        }
    }
    Ok(renamed)
}
