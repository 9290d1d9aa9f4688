//! Ranges of numbers, lengths and counts.

use serde_json::Value;

/// A range with both ends included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Bounds {
    least: f64,
    most: f64,
}

impl Bounds {
    const ALL: Self = Self {
        least: f64::NEG_INFINITY,
        most: f64::INFINITY,
    };

    pub(super) fn contains(self, number: f64) -> bool {
        (self.least..=self.most).contains(&number)
    }

    /// Returns whether all of another range is in this one.
    pub(super) fn includes(self, other: Self) -> bool {
        self.least <= other.least && other.most <= self.most
    }

    fn within(self, other: Self) -> Self {
        Self {
            least: self.least.max(other.least),
            most: self.most.min(other.most),
        }
    }
}

/// Returns the range between two keywords.
pub(super) fn between(schema: &Value, least: &str, most: &str) -> Bounds {
    let number = |keyword| schema.get(keyword).and_then(Value::as_f64);
    Bounds {
        least: number(least).unwrap_or(Bounds::ALL.least),
        most: number(most).unwrap_or(Bounds::ALL.most),
    }
}

/// Returns the range of a number, also of a format such as `int32`.
pub(super) fn of_number(schema: &Value) -> Bounds {
    let is_integer = schema.get("type") == Some(&Value::from("integer"));
    let exclusive = between(schema, "exclusiveMinimum", "exclusiveMaximum");
    let exclusive = Bounds {
        least: if is_integer {
            exclusive.least + 1.0
        } else {
            exclusive.least.next_up()
        },
        most: if is_integer {
            exclusive.most - 1.0
        } else {
            exclusive.most.next_down()
        },
    };
    let exclusive = Bounds {
        least: if schema.get("exclusiveMinimum").is_some() {
            exclusive.least
        } else {
            Bounds::ALL.least
        },
        most: if schema.get("exclusiveMaximum").is_some() {
            exclusive.most
        } else {
            Bounds::ALL.most
        },
    };
    let range = between(schema, "minimum", "maximum").within(exclusive);
    let format = schema.get("format").and_then(Value::as_str);
    range.within(format.and_then(of_format).unwrap_or(Bounds::ALL))
}

/// Returns the range of an integer format, as schemars names them after Rust types.
fn of_format(format: &str) -> Option<Bounds> {
    let is_unsigned = format.starts_with('u');
    let bits = format
        .strip_prefix("uint")
        .or_else(|| format.strip_prefix("int"))?;
    let bits: i32 = match bits {
        // `usize` and `isize`.
        "" => 64,
        bits => bits.parse().ok().filter(|bits| (8..=128).contains(bits))?,
    };
    let power = |bits| 2.0_f64.powi(bits);
    Some(if is_unsigned {
        Bounds {
            least: 0.0,
            most: power(bits) - 1.0,
        }
    } else {
        Bounds {
            least: -power(bits - 1),
            most: power(bits - 1) - 1.0,
        }
    })
}
