//! Protobuf messages as the data of typed events.

use std::fmt;
use std::marker::PhantomData;

use prost::Message;
use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

/// A Protobuf message of prost as the data of an event.
///
/// serde sees its encoding, so no codec has to be registered for its media type. A `dataschema`
/// that is the type URL as a URI makes the [Protobuf format](super::Protobuf) write the message as
/// `proto_data`; a message that arrived as `proto_data` is read in every content mode.
///
/// ```
/// use eventkit::CloudEvent;
/// use eventkit::format::Format;
/// use eventkit_formats::protobuf::{ProtoData, Protobuf};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Clone, PartialEq, prost::Message)]
/// struct Order {
///     #[prost(string, tag = "1")]
///     order_id: String,
/// }
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
/// #[cloudevent(
///     type = "co.outcome.order.placed",
///     source = "/shop",
///     datacontenttype = "application/protobuf",
///     dataschema = "https://type.googleapis.com/shop.Order"
/// )]
/// struct OrderPlaced(ProtoData<Order>);
///
/// let placed = OrderPlaced(ProtoData(Order { order_id: "A-1".into() }));
/// let bytes = Protobuf.encode(&placed.to_event()?)?;
/// let event = Protobuf.decode(bytes)?;
/// assert_eq!(event.data_as::<ProtoData<Order>>()?.0.order_id, "A-1");
/// assert_eq!(OrderPlaced::try_from(&event)?, placed);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Protobuf cannot tell one message from another: the bytes of another message may be read as an
/// `M` with other contents. The `dataschema` names the message that the sender wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct ProtoData<M>(pub M);

impl<M: Message> Serialize for ProtoData<M> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(&self.0.encode_to_vec())
    }
}

impl<'de, M: Message + Default> Deserialize<'de> for ProtoData<M> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(MessageVisitor(PhantomData))
    }
}

struct MessageVisitor<M>(PhantomData<M>);

impl<M: Message + Default> Visitor<'_> for MessageVisitor<M> {
    type Value = ProtoData<M>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes of a Protobuf message")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Self::Value, E> {
        M::decode(bytes).map(ProtoData).map_err(E::custom)
    }
}
