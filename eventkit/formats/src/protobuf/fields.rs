//! The numbers of the fields in `cloudevents.proto` and in the well-known types.

/// `CloudEventBatch`.
pub(super) mod batch {
    pub(in super::super) const EVENTS: u32 = 1;
}

/// `CloudEvent`.
pub(super) mod event {
    pub(in super::super) const ID: u32 = 1;
    pub(in super::super) const SOURCE: u32 = 2;
    pub(in super::super) const SPEC_VERSION: u32 = 3;
    pub(in super::super) const TYPE: u32 = 4;
    pub(in super::super) const ATTRIBUTES: u32 = 5;
    pub(in super::super) const BINARY_DATA: u32 = 6;
    pub(in super::super) const TEXT_DATA: u32 = 7;
    pub(in super::super) const PROTO_DATA: u32 = 8;
}

/// An entry of the map `attributes`.
pub(super) mod entry {
    pub(in super::super) const KEY: u32 = 1;
    pub(in super::super) const VALUE: u32 = 2;
}

/// `CloudEventAttributeValue`.
pub(super) mod value {
    pub(in super::super) const BOOLEAN: u32 = 1;
    pub(in super::super) const INTEGER: u32 = 2;
    pub(in super::super) const STRING: u32 = 3;
    pub(in super::super) const BYTES: u32 = 4;
    pub(in super::super) const URI: u32 = 5;
    pub(in super::super) const URI_REF: u32 = 6;
    pub(in super::super) const TIMESTAMP: u32 = 7;
}

/// `google.protobuf.Timestamp`.
pub(super) mod timestamp {
    pub(in super::super) const SECONDS: u32 = 1;
    pub(in super::super) const NANOS: u32 = 2;
    /// The first second of the year 1.
    pub(in super::super) const MIN_SECONDS: i64 = -62_135_596_800;
    /// The last second of the year 9999.
    pub(in super::super) const MAX_SECONDS: i64 = 253_402_300_799;
}

/// `google.protobuf.Any`.
pub(super) mod any {
    pub(in super::super) const TYPE_URL: u32 = 1;
    pub(in super::super) const VALUE: u32 = 2;
}
