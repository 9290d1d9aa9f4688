//! What a server answers where a dispatch failed.

use http::StatusCode;

use super::error::DispatchError;
use super::failure::Failure;
use crate::binding::http::Problem;

impl From<&DispatchError> for Problem {
    /// Describes a dispatch that did not succeed.
    ///
    /// Where every failure is the event's own, since its data or attributes are not what the
    /// handlers take, it is the problem of the first one, a 4xx: sending the event again would not
    /// help. Anything else is the server's, and a 500.
    fn from(error: &DispatchError) -> Self {
        let Some(report) = error.report() else {
            let (status, title) = (StatusCode::INTERNAL_SERVER_ERROR, "Event not dispatched");
            return Self::new(status, title, error.to_string());
        };
        let lines = report
            .failures()
            .map(|(handler, failure)| format!("{}: {failure:#}", handler.name()));
        let detail = lines.collect::<Vec<String>>().join("; ");
        let misfits = report.failures().map(|(_, failure)| match failure {
            Failure::Decode(error) => Some(Self::from(&**error)),
            _ => None,
        });
        match misfits
            .collect::<Option<Vec<Self>>>()
            .and_then(|misfits| misfits.into_iter().next())
        {
            Some(misfit) => misfit.with_detail(detail),
            None => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Handlers failed", detail),
        }
    }
}
