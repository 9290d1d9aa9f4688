//! The positions of the members of each union of the schema. The other position is that of `null`.

/// The values of `attribute`.
pub(super) mod attribute {
    pub(crate) const BOOLEAN: usize = 1;
    pub(crate) const INT: usize = 2;
    pub(crate) const STRING: usize = 3;
    pub(crate) const BYTES: usize = 4;
    pub(crate) const COUNT: usize = 5;
}

/// The field `data`.
pub(super) mod data {
    pub(crate) const BYTES: usize = 0;
    pub(crate) const NULL: usize = 1;
    pub(crate) const BOOLEAN: usize = 2;
    pub(crate) const MAP: usize = 3;
    pub(crate) const ARRAY: usize = 4;
    pub(crate) const DOUBLE: usize = 5;
    pub(crate) const STRING: usize = 6;
    pub(crate) const COUNT: usize = 7;
}

/// The values of the map in `data`.
pub(super) mod member {
    pub(crate) const BOOLEAN: usize = 1;
    pub(crate) const RECORD: usize = 2;
    pub(crate) const DOUBLE: usize = 3;
    pub(crate) const STRING: usize = 4;
    pub(crate) const COUNT: usize = 5;
}

/// The values of the map in `AvroCloudEventData`.
pub(super) mod value {
    pub(crate) const BOOLEAN: usize = 1;
    pub(crate) const MAP: usize = 2;
    pub(crate) const ARRAY: usize = 3;
    pub(crate) const DOUBLE: usize = 4;
    pub(crate) const STRING: usize = 5;
    pub(crate) const COUNT: usize = 6;
}
