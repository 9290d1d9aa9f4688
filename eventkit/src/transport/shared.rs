//! Transports and publishers behind an [`Arc`] or a [`Box`].

use std::sync::Arc;

use super::{
    BoxFuture, Consumer, Destination, Published, Publisher, RawMessage, Subscription,
    SubscriptionInfo, SubscriptionStatus, Transport, TransportError,
};
use crate::event::Event;

macro_rules! forward {
    ($pointer:ident) => {
        impl<P: Publisher + ?Sized> Publisher for $pointer<P> {
            fn publish_event<'a>(
                &'a self,
                event: &'a Event,
            ) -> BoxFuture<'a, Result<Published, TransportError>> {
                (**self).publish_event(event)
            }

            fn publish_raw<'a>(
                &'a self,
                ty: &'a str,
                message: &'a RawMessage,
            ) -> BoxFuture<'a, Result<Published, TransportError>> {
                (**self).publish_raw(ty, message)
            }

            fn check_publishing(&self) -> Result<(), TransportError> {
                (**self).check_publishing()
            }

            fn destination(&self) -> Option<Destination<'_>> {
                (**self).destination()
            }
        }

        impl<T: Transport + ?Sized> Transport for $pointer<T> {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn prepare(&self, subscriptions: &[Subscription]) {
                (**self).prepare(subscriptions);
            }

            fn check_subscription(
                &self,
                subscription: &Subscription,
            ) -> Result<(), TransportError> {
                (**self).check_subscription(subscription)
            }

            fn subscribe<'a>(
                &'a self,
                subscription: &'a Subscription,
            ) -> BoxFuture<'a, Result<Box<dyn Consumer>, TransportError>> {
                (**self).subscribe(subscription)
            }

            fn subscriptions(
                &self,
            ) -> BoxFuture<'_, Result<Option<Vec<SubscriptionInfo>>, TransportError>> {
                (**self).subscriptions()
            }

            fn subscription_status(&self, subscription: &Subscription) -> SubscriptionStatus {
                (**self).subscription_status(subscription)
            }
        }
    };
}

forward!(Arc);
forward!(Box);
