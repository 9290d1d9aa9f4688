//! Limits of decoders.

mod http;
mod json;
mod publishing;
mod switches;
mod transports;

use eventkit::{DecodeError, DecodeErrorKind};

/// Asserts that an error is about a limit.
#[track_caller]
fn assert_over<T: std::fmt::Debug>(result: Result<T, DecodeError>, limit: &str, most: usize) {
    let error = result.expect_err("it should exceed a limit");
    assert_eq!(error.kind(), DecodeErrorKind::TooLarge, "{error:?}");
    let exceeded = error.exceeded().expect("the error should name the limit");
    assert_eq!((exceeded.limit(), exceeded.max()), (limit, most));
    let text = exceeded.to_string();
    assert!(text.contains(&most.to_string()), "{text}");
    assert!(text.contains(&format!("`Limits::{limit}`")), "{text}");
}

/// Returns JSON of this depth, with alternating arrays and objects.
fn nested(depth: usize) -> String {
    let (open, close) = ("[{\"]\\\"[\":", "}]");
    let odd = depth % 2 == 1;
    let inner = if odd { "[1]" } else { "1" };
    format!(
        "{}{inner}{}",
        open.repeat(depth / 2),
        close.repeat(depth / 2)
    )
}
