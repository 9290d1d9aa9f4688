//! The trace context of a request, which W3C Trace Context puts into headers of HTTP.

use std::borrow::Cow;

use http::HeaderMap;

use crate::event::Event;
use crate::extension::{Extension, TraceParent, TraceState};
use crate::transport::trace_context::{TraceContext, has_trace_context};

/// Gives the trace context of a request to an event that has none.
///
/// The headers `traceparent` and `tracestate` of a request say which trace the request belongs to
/// (W3C Trace Context), and the extensions of the same names which trace the event belongs to. The
/// extensions have priority. Malformed headers are ignored.
///
/// The extractors of [axum](crate::axum) and [actix](crate::actix) call this for events, and so do
/// the endpoints of `eventkit-webhook`. [`decode`](super::decode) does not.
///
/// ```
/// use eventkit::Event;
/// use eventkit::binding::http::inherit_trace_context;
/// use http::HeaderMap;
///
/// let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
/// let mut headers = HeaderMap::new();
/// headers.insert("traceparent", parent.parse()?);
///
/// let mut event = Event::builder().source("/shop").ty("co.outcome.order.placed").build()?;
/// inherit_trace_context(&mut event, &headers);
/// assert_eq!(event.extension("traceparent").unwrap().to_string(), parent);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn inherit_trace_context(event: &mut Event, headers: &HeaderMap) {
    if !headers.contains_key(TraceParent::NAME) || has_trace_context(event) {
        return;
    }
    if let Some(context) = of_headers(headers)
        && let Cow::Owned(traced) = context.into_event(event)
    {
        *event = traced;
    }
}

fn of_headers(headers: &HeaderMap) -> Option<TraceContext> {
    let mut parents = headers.get_all(TraceParent::NAME).iter();
    // With several parents, none of them can be trusted (3.2).
    let (Some(parent), None) = (parents.next(), parents.next()) else {
        return None;
    };
    let states = headers.get_all(TraceState::NAME).iter();
    let states: Option<Vec<&str>> = states.map(|state| state.to_str().ok()).collect();
    let states = states.filter(|states| !states.is_empty());
    Some(TraceContext {
        parent: parent.to_str().ok()?.trim().parse().ok()?,
        // Several headers are one list (3.3).
        state: states.and_then(|states| states.join(",").parse().ok()),
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    const OTHER: &str = "00-11111111111111111111111111111111-2222222222222222-00";

    fn inherited(headers: &[(&'static str, &str)], own: Option<&str>) -> [Option<String>; 2] {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::try_from(*value).unwrap());
        }
        let builder = Event::builder().id("1").source("/s").ty("t");
        let builder = match own {
            Some(own) => builder.extension("traceparent", own),
            None => builder,
        };
        let mut event = builder.build().unwrap();
        inherit_trace_context(&mut event, &map);
        ["traceparent", "tracestate"].map(|name| event.extension(name).map(ToString::to_string))
    }

    #[test]
    fn an_event_without_a_trace_joins_that_of_its_request() {
        let headers = [
            ("traceparent", PARENT),
            ("tracestate", "a=1"),
            ("tracestate", "b=2"),
        ];
        let [parent, state] = inherited(&headers, None);
        assert_eq!(parent.as_deref(), Some(PARENT));
        assert_eq!(state.as_deref(), Some("a=1,b=2"));
    }

    #[test]
    fn the_trace_of_an_event_has_priority() {
        let headers = [("traceparent", PARENT), ("tracestate", "a=1")];
        let own = [Some(OTHER.to_owned()), None];
        assert_eq!(inherited(&headers, Some(OTHER)), own);
    }

    #[test]
    fn a_malformed_or_repeated_header_is_ignored() {
        for headers in [
            &[("traceparent", "00-0-0-00")][..],
            &[("traceparent", PARENT), ("traceparent", OTHER)],
            &[("tracestate", "a=1")],
        ] {
            assert_eq!(inherited(headers, None), [None, None], "{headers:?}");
        }
        let [parent, state] = inherited(&[("traceparent", PARENT), ("tracestate", "?")], None);
        assert_eq!((parent.as_deref(), state), (Some(PARENT), None));
    }
}
