//! Durations as literals: `"250ms"`, `"30s"`, `"5m"`, `"2h"`.

use std::time::Duration;

use proc_macro2::TokenStream;
use quote::quote;

use crate::context::Context;
use crate::literal;
use crate::meta::{Key, Value};

/// The longest one, a year: what is longer is a slip.
const LONGEST: Duration = Duration::from_hours(8760);

/// The units, and their milliseconds.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// Reads `key = "30s"`; one that breaks the rules is noted.
pub(crate) fn read(cx: &Context, key: &Key, value: &Value) -> Option<Duration> {
    let literal = literal::string(cx, key, value, |text| parse(text).map(drop))?;
    parse(&literal.value()).ok()
}

/// Writes the code that makes a duration.
pub(crate) fn code(duration: Duration) -> TokenStream {
    let millis = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
    quote!(::core::time::Duration::from_millis(#millis))
}

fn parse(text: &str) -> Result<Duration, String> {
    let example = "write one such as \"250ms\", \"30s\", \"5m\" or \"2h\"";
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = UNITS.iter().find(|(name, _)| *name == unit);
    let (Some((_, millis)), false) = (unit, number.is_empty()) else {
        return Err(format!("not a duration: {example}"));
    };
    let number: Option<u64> = number.parse().ok();
    let duration = number
        .and_then(|number| number.checked_mul(*millis))
        .map(Duration::from_millis);
    match duration {
        Some(Duration::ZERO) => Err(format!("a duration of nothing: {example}")),
        Some(duration) if duration <= LONGEST => Ok(duration),
        _ => Err(format!("longer than a year: {example}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        for (text, millis) in [
            ("250ms", 250),
            ("30s", 30_000),
            ("5m", 300_000),
            ("2h", 7_200_000),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in [
            "",
            "5",
            "s",
            "5 s",
            "5S",
            "-5s",
            "0s",
            "1.5s",
            "9000h",
            "99999999999999999999s",
            "5d",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
