//! Durable subscriptions, by the transports.

use eventkit::transport::Subscription;

use super::source::Source;
use crate::address::Address;
use crate::broker::{BrokerArguments, Publishing};
use crate::failure::Failure;

pub(super) async fn open(
    address: &Address,
    arguments: &BrokerArguments,
    subscription: &Subscription,
) -> Result<Source, Failure> {
    let transport = arguments.connect(address, Publishing::default()).await?;
    Ok(Source::Consumer(transport.subscribe(subscription).await?))
}
