//! The arguments of a call, without an allocation where they are few.

use std::ops::Deref;

use crate::value::Value;

/// No function of the specification has more parameters.
const FEW: usize = 3;

#[derive(Debug)]
pub(crate) enum Arguments<'a> {
    Few([Value<'a>; FEW], usize),
    Many(Vec<Value<'a>>),
}

impl<'a> Arguments<'a> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        if capacity > FEW {
            return Self::Many(Vec::with_capacity(capacity));
        }
        Self::Few([const { Value::Integer(0) }; FEW], 0)
    }

    pub(crate) fn push(&mut self, value: Value<'a>) {
        match self {
            Self::Few(values, len) => {
                // The capacity was chosen by the number of arguments.
                if let Some(place) = values.get_mut(*len) {
                    *place = value;
                    *len += 1;
                }
            }
            Self::Many(values) => values.push(value),
        }
    }
}

impl<'a> Deref for Arguments<'a> {
    type Target = [Value<'a>];

    fn deref(&self) -> &[Value<'a>] {
        match self {
            Self::Few(values, len) => &values[..*len],
            Self::Many(values) => values,
        }
    }
}
