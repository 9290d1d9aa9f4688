//! The settings of policies as text.

use std::time::Duration;

use eventkit::{OnExhausted, OrderKey, Policy};

/// Returns the settings that a policy sets, each with its name and value.
pub(crate) fn rows(policy: &Policy) -> Vec<(&'static str, String)> {
    let settings = policy.settings();
    let key = settings.key.map(|key| match key {
        OrderKey::Attribute(name) => name.to_owned(),
        OrderKey::Function(_) => "a function".to_owned(),
    });
    let breaker = settings.circuit_breaker.map(|(failures, reset)| {
        format!("opens after {failures} failures, for {}", duration(reset))
    });
    let exhausted = settings.on_exhausted.map(|action| match action {
        OnExhausted::Drop => "drop",
        _ => "dead letter",
    });
    let rows = [
        (
            "attempts",
            settings.attempts.map(|attempts| attempts.to_string()),
        ),
        ("initial delay", settings.initial_delay.map(duration)),
        ("maximum delay", settings.max_delay.map(duration)),
        ("timeout", settings.timeout.map(duration)),
        (
            "concurrency",
            settings.concurrency.map(|count| count.to_string()),
        ),
        ("ordering key", key),
        ("circuit breaker", breaker),
        ("after the last attempt", exhausted.map(str::to_owned)),
    ];
    let set = rows
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)));
    set.collect()
}

/// Formats a duration in the largest unit that divides it.
fn duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match seconds {
        _ if duration.subsec_nanos() != 0 || seconds == 0 => format!("{} ms", duration.as_millis()),
        _ if seconds.is_multiple_of(3600) => format!("{} h", seconds / 3600),
        _ if seconds.is_multiple_of(60) => format!("{} min", seconds / 60),
        _ => format!("{seconds} s"),
    }
}
