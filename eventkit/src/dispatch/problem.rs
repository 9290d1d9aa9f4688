//! Problem details of failed dispatches.

use http::StatusCode;

use super::error::DispatchError;
use super::failure::Failure;
use crate::binding::http::Problem;
use crate::error::joined;

impl From<&DispatchError> for Problem {
    /// Returns the HTTP response to a failed dispatch.
    ///
    /// If every failure is the fault of the event, because its data or attributes are malformed for
    /// the handlers, this is the problem of the first one with a 4xx status: sending the event
    /// again does not help. Otherwise the status is 500.
    fn from(error: &DispatchError) -> Self {
        let DispatchError::Failed(report) = error else {
            let (status, title) = (StatusCode::INTERNAL_SERVER_ERROR, "Event not dispatched");
            return Self::new(status, title, error.to_string());
        };
        let mut cascaded = report.cascaded().iter();
        if cascaded.any(|own| own.report.has_failures()) {
            // The events that handlers return are not the sender's fault.
            let (status, title) = (StatusCode::INTERNAL_SERVER_ERROR, "Handlers failed");
            return Self::new(status, title, error.to_string());
        }
        let failures = report.failures();
        let detail = joined(failures.map(|(own, failure)| format!("{}: {failure:#}", own.name())));
        let misfits = report.failures().map(|(_, failure)| match failure {
            Failure::Decode(error) => Some(error),
            _ => None,
        });
        let misfits: Option<Vec<_>> = misfits.collect();
        match misfits.unwrap_or_default().first() {
            Some(misfit) => Self::from(&***misfit).with_detail(detail),
            None => Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Handlers failed", detail),
        }
    }
}

impl From<DispatchError> for Problem {
    fn from(error: DispatchError) -> Self {
        Self::from(&error)
    }
}
