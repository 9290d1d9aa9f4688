//! The selection of dead letters.

use clap::Args;
use eventkit::filter::cesql::Expression;
use eventkit::pattern;
use eventkit_service::DeadLetter;

use super::service::ServiceArguments;
use crate::commands::filter;
use crate::failure::Failure;

/// The conditions that dead letters satisfy, all of them.
#[derive(Debug, Args)]
#[command(next_help_heading = "Selection")]
pub(super) struct SelectArguments {
    /// The id of the event
    #[arg(long)]
    pub(super) id: Option<String>,
    /// The source of the event
    #[arg(long, value_name = "URI")]
    pub(super) source: Option<String>,
    /// The type of the event, or a pattern such as `co.outcome.order.*`
    #[arg(long = "type", value_name = "PATTERN")]
    ty: Option<String>,
    /// The handler that failed, such as `receipt` or `billing--receipt`
    #[arg(long, value_name = "NAME")]
    handler: Option<String>,
    /// A part of the error
    #[arg(long, value_name = "TEXT")]
    error: Option<String>,
    /// An expression of CloudEvents SQL that the event matches
    #[arg(long, value_name = "CESQL")]
    filter: Option<String>,
}

/// The conditions, parsed.
pub(super) struct Selection<'a> {
    arguments: &'a SelectArguments,
    handler: Option<String>,
    filter: Option<Expression>,
}

impl SelectArguments {
    pub(super) fn parse(&self, service: &ServiceArguments) -> Result<Selection<'_>, Failure> {
        if let Some(pattern) = &self.ty {
            let checked = pattern::check(pattern);
            checked.map_err(|error| Failure::usage(format!("the pattern `{pattern}`: {error}")))?;
        }
        Ok(Selection {
            arguments: self,
            handler: self
                .handler
                .as_deref()
                .map(|handler| service.durable(handler)),
            filter: self.filter.as_deref().map(filter::parse).transpose()?,
        })
    }

    /// Whether there is no condition.
    pub(super) fn is_empty(&self) -> bool {
        let Self {
            id,
            source,
            ty,
            handler,
            error,
            filter,
        } = self;
        [id, source, ty, handler, error, filter]
            .iter()
            .all(|own| own.is_none())
    }
}

impl Selection<'_> {
    pub(super) fn selects(&self, letter: &DeadLetter) -> bool {
        let SelectArguments {
            id,
            source,
            ty,
            error,
            ..
        } = self.arguments;
        let event = letter.event();
        let of_event = |condition: &dyn Fn(&eventkit::Event) -> bool| event.is_some_and(condition);
        self.handler
            .as_ref()
            .is_none_or(|own| *own == letter.subscription)
            && error.as_ref().is_none_or(|own| letter.error.contains(own))
            && id
                .as_ref()
                .is_none_or(|own| of_event(&|event| event.id() == own))
            && source
                .as_ref()
                .is_none_or(|own| of_event(&|event| event.source() == own))
            && ty
                .as_ref()
                .is_none_or(|own| of_event(&|event| pattern::matches(own, event.ty())))
            && self
                .filter
                .as_ref()
                .is_none_or(|own| of_event(&|event| own.evaluate(event).passes()))
    }
}
