//! Arguments of a call, without allocation for up to [`INLINE_ARGUMENTS`].

use std::ops::Deref;

use crate::value::Value;

/// The number of parameters of the longest function of the specification.
const INLINE_ARGUMENTS: usize = 3;

#[derive(Debug)]
pub(crate) enum Arguments<'a> {
    Inline([Value<'a>; INLINE_ARGUMENTS], usize),
    Heap(Vec<Value<'a>>),
}

impl<'a> Arguments<'a> {
    pub(crate) fn with_capacity(capacity: usize) -> Self {
        if capacity > INLINE_ARGUMENTS {
            return Self::Heap(Vec::with_capacity(capacity));
        }
        Self::Inline([const { Value::Integer(0) }; INLINE_ARGUMENTS], 0)
    }

    pub(crate) fn push(&mut self, value: Value<'a>) {
        match self {
            Self::Inline(values, len) => {
                // In range, since the variant was chosen by the number of arguments.
                if let Some(slot) = values.get_mut(*len) {
                    *slot = value;
                    *len += 1;
                }
            }
            Self::Heap(values) => values.push(value),
        }
    }
}

impl<'a> Deref for Arguments<'a> {
    type Target = [Value<'a>];

    fn deref(&self) -> &[Value<'a>] {
        match self {
            Self::Inline(values, len) => &values[..*len],
            Self::Heap(values) => values,
        }
    }
}
