//! Statement parameters.

/// The value of a statement parameter.
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    Integer(i64),
    Text(&'a str),
    /// Text, or `NULL`.
    Key(Option<&'a str>),
    Bytes(&'a [u8]),
    Null,
}
