//! Sending of many events, with several requests in flight.

use std::num::NonZeroUsize;
use std::pin::pin;
use std::time::Duration;

use eventkit::Event;
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::sync::oneshot;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::answer::{Answer, Outcome};
use super::source::{Item, Source};
use super::{DeliveryArguments, Destination};
use crate::failure::{Failure, Status};
use crate::input::Place;
use crate::output::{self, DIM, GREEN, Output, RED};
use crate::progress::Progress;
use crate::signals::Interrupts;

/// The results of a run.
#[derive(Debug, Default)]
struct Results {
    delivered: usize,
    failed: usize,
    status: Option<Status>,
    last: Option<Place>,
}

/// Sends all events, and reports the answer to each.
///
/// After a failed connection, a signal or a closed output, no more events are sent; those in flight are awaited, until
/// another signal.
pub(super) async fn run(
    source: Source,
    destination: &Destination,
    arguments: &DeliveryArguments,
    output: &mut Output,
) -> Result<(), Failure> {
    let size = arguments.request_size();
    let (stop, stopped) = oneshot::channel::<()>();
    let mut stop = Some(stop);
    let requests = stream::unfold(
        (source, pace(arguments.rate)),
        |(mut source, mut pace)| async move {
            let items = match source.next(size).await {
                Ok(items) if items.is_empty() => return None,
                items => items,
            };
            if let Some(pace) = &mut pace {
                pace.tick().await;
            }
            Some((items, (source, pace)))
        },
    );
    let in_flight = NonZeroUsize::new(arguments.in_flight.into()).map_or(1, NonZeroUsize::get);
    let answers = requests
        .take_until(stopped)
        .map(|items| request(destination, items))
        .buffered(in_flight);
    let mut answers = pin!(answers);
    let mut interrupts = Interrupts::new()?;
    let progress = Progress::counting("sent", "events");
    let mut results = Results::default();
    let mut failure = None;
    loop {
        let answer = tokio::select! {
            biased;
            () = interrupts.next() => {
                if results.status == Some(Status::Interrupted) {
                    output::note("interrupted again; the events in flight may have been delivered");
                    break;
                }
                stop = None;
                results.fail(Status::Interrupted);
                continue;
            }
            answer = answers.next() => answer,
        };
        let Some(answer) = answer else { break };
        let reported = match answer {
            Ok(answers) => {
                progress.increase(answers.len());
                progress.pause(|| results.report(&answers, output))
            }
            Err(failure) => Err(failure),
        };
        if let Err(error) = reported {
            failure.get_or_insert(error);
        }
        // Dropped, so that no more events are sent.
        if failure.is_some() || results.status == Some(Status::Connection) {
            stop = None;
        }
    }
    drop(progress);
    results.finish(stop.is_none(), failure)
}

/// Returns a timer for a rate.
fn pace(rate: Option<u32>) -> Option<Interval> {
    rate.map(|rate| {
        // A timer of Tokio panics without a period.
        let period = (Duration::from_secs(1) / rate).max(Duration::from_nanos(1));
        let mut pace = interval(period);
        pace.set_missed_tick_behavior(MissedTickBehavior::Delay);
        pace
    })
}

/// Sends the valid events of a request.
async fn request(
    destination: &Destination,
    items: Result<Vec<Item>, Failure>,
) -> Result<Vec<(Place, Option<Event>, Answer)>, Failure> {
    let items = items?;
    let events: Vec<Event> = items
        .iter()
        .filter_map(|item| item.event.clone().ok())
        .collect();
    let answer = if events.is_empty() {
        Answer::default()
    } else {
        destination.send(&events).await
    };
    let answers = items.into_iter().map(|item| match item.event {
        Ok(event) => (item.place, Some(event), answer.clone()),
        Err(reason) => (item.place, None, Answer::failed(Outcome::Invalid, reason)),
    });
    Ok(answers.collect())
}

impl Results {
    fn fail(&mut self, status: Status) {
        let worst = match (self.status, status) {
            (Some(Status::Interrupted), _) | (_, Status::Interrupted) => Status::Interrupted,
            (Some(Status::Connection), _) | (_, Status::Connection) => Status::Connection,
            (Some(Status::Data), _) | (_, Status::Data) => Status::Data,
            _ => status,
        };
        self.status = Some(worst);
    }

    /// Counts and prints answers; all are counted, even if the output is closed.
    fn report(
        &mut self,
        answers: &[(Place, Option<Event>, Answer)],
        output: &mut Output,
    ) -> Result<(), Failure> {
        for (place, _, answer) in answers {
            self.last = Some(*place);
            match answer.outcome.failure() {
                None => self.delivered += 1,
                Some(status) => {
                    self.failed += 1;
                    self.fail(status);
                }
            }
        }
        for (place, event, answer) in answers {
            print(*place, event.as_ref(), answer, output)?;
        }
        output.flush()
    }

    /// Reports the sum, and returns the result of the command.
    fn finish(self, is_stopped: bool, failure: Option<Failure>) -> Result<(), Failure> {
        let Self {
            delivered,
            failed,
            status,
            last,
        } = self;
        if delivered + failed == 0 && failure.is_none() && status.is_none() {
            return Err(Failure::data("the input contains no event"));
        }
        if failed > 0 || is_stopped {
            output::note(format_args!(
                "{delivered} events delivered, {failed} failed"
            ));
        }
        if is_stopped {
            match last {
                Some(place) => output::note(format_args!(
                    "stopped; the last event that was sent: {place}"
                )),
                None => output::note("stopped; no event was sent"),
            }
        }
        match (failure, status) {
            // Events that were not sent are no reason to be quiet.
            (Some(failure), _) if failure.is_closed_output() => Err(Failure::data(
                "the output is closed, so no more events were sent",
            )),
            (Some(failure), _) => Err(failure),
            (None, Some(status)) => Err(Failure::reported(status)),
            (None, None) => Ok(()),
        }
    }
}

fn print(
    place: Place,
    event: Option<&Event>,
    answer: &Answer,
    output: &mut Output,
) -> Result<(), Failure> {
    if output.is_json() {
        let mut line = json!({
            "id": event.map(Event::id), "source": event.map(Event::source),
            "type": event.map(Event::ty), "line": place.line, "index": place.index,
            "outcome": answer.outcome, "status": answer.status, "position": answer.position,
            "error": answer.error,
        });
        if let Some(fields) = line.as_object_mut() {
            fields.retain(|_, value| !value.is_null());
        }
        return output.json(&line);
    }
    let style = if answer.outcome.failure().is_none() {
        GREEN
    } else {
        RED
    };
    let outcome = output.styled(style, answer.outcome.name());
    let what = event.map_or_else(|| place.to_string(), ToString::to_string);
    let details = [
        answer.status.map(|status| format!("status {status}")),
        answer
            .position
            .map(|position| format!("position {position}")),
        answer.error.clone(),
    ];
    let details: Vec<String> = details.into_iter().flatten().collect();
    let details = output.styled(DIM, details.join(", "));
    output.line(format!("{outcome} {what} {details}").trim_end())
}
