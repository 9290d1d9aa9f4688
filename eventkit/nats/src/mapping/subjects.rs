//! The subjects of a transport: those that events are published to, those that subscriptions
//! receive, and the meaning of a message's subject.

use std::borrow::Cow;
use std::fmt::{self, Display};
use std::sync::Arc;

use eventkit::Event;
use eventkit::transport::{
    DEAD_LETTER_PREFIX, REPLAY_PREFIX, Subscription, TransportError, TransportErrorKind,
    is_reserved,
};
use thiserror::Error;

use super::subject::{self, Filters, any_covers, decode_type, is_filter, is_subject};
use super::template::{Template, is_server_subject};

/// The maximum length of a subject in bytes. Servers close the connection if a line is longer than
/// 4 KiB.
const MAX_SUBJECT_LENGTH: usize = 2048;

/// A function that returns the subject of an event.
pub(crate) type SubjectFn = Arc<dyn Fn(&Event) -> Option<String> + Send + Sync>;

/// How the subjects of events are determined.
#[derive(Clone)]
pub(crate) enum Naming {
    Template(Template),
    Function(SubjectFn),
}

/// The subjects of a transport.
///
/// The subject alone determines the kind of a message: below `<prefix>.eventkit.deadletter` and
/// `<prefix>.eventkit.replay`, it is a dead letter or a replay, and anywhere else it is neither.
#[derive(Debug, Clone)]
pub(crate) struct Subjects {
    prefix: String,
    naming: Naming,
    /// Whether subscriptions select events by subject. Otherwise they receive all subjects of
    /// `filters`, and select by the content of the events.
    selects_by_subject: bool,
    /// Filters for the subjects of all events.
    filters: Vec<String>,
    /// Whether events can be published.
    publishes: bool,
}

/// The meaning of a message's subject.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Address<'a> {
    /// A dead letter or replay, with this reserved event type.
    Reserved(Cow<'a, str>),
    /// An event of this type.
    Type(Cow<'a, str>),
    /// An event of any type.
    Event,
    /// A message that no subscription selects, although a filter may cover it.
    Other,
}

impl Subjects {
    /// Creates the subjects of a transport; the default is the template `<prefix>.{type}`.
    ///
    /// # Errors
    ///
    /// Returns an error if there is no filter, or if a filter is malformed.
    pub(crate) fn new(
        prefix: String,
        naming: Option<Naming>,
        filters: Option<Vec<String>>,
    ) -> Result<Self, TransportError> {
        let is_default = naming.is_none();
        let naming = naming.unwrap_or_else(|| Naming::Template(Template::of_prefix(&prefix)));
        let published = match &naming {
            Naming::Template(template) => template.filter("*"),
            Naming::Function(_) => format!("{prefix}.>"),
        };
        let has_type = matches!(&naming, Naming::Template(template) if template.has_type());
        let selects_by_subject = filters.is_none() && has_type;
        let filters = filters.unwrap_or_else(|| vec![published.clone()]);
        if filters.is_empty() {
            let message = "the filter subjects are empty: expected at least one";
            return Err(TransportError::configuration(message));
        }
        if let Some(filter) = filters.iter().find(|filter| !is_filter(filter)) {
            return Err(TransportError::configuration(format!(
                "the filter subject `{filter}` is invalid: expected tokens without white space, with single dots in \
                 between, where a wildcard is a whole token and `>` is the last one"
            )));
        }
        let is_received = any_covers(&filters, &published);
        Ok(Self {
            // Events that no subscription receives are published only on request.
            publishes: !is_default || is_received,
            prefix,
            naming,
            selects_by_subject,
            filters,
        })
    }

    /// Returns the subjects that the stream must store for events; none of them covers another.
    pub(crate) fn of_events(&self) -> Vec<String> {
        let mut subjects = self.filters.clone();
        subjects.extend(self.published());
        Filters::new(subjects).into_vec()
    }

    /// Returns the subjects of events that subscriptions receive.
    pub(crate) fn received(&self) -> &[String] {
        &self.filters
    }

    /// Returns the subjects that events are published to, if a template determines them.
    pub(crate) fn published(&self) -> Option<String> {
        match &self.naming {
            Naming::Template(template) if self.publishes => Some(template.filter("*")),
            _ => None,
        }
    }

    /// Returns the subjects that the stream must store for dead letters and replays.
    pub(crate) fn of_services(&self) -> Vec<String> {
        let prefixes = [DEAD_LETTER_PREFIX, REPLAY_PREFIX].iter();
        let subjects = prefixes.map(|prefix| format!("{}.{prefix}>", self.prefix));
        subjects.collect()
    }

    /// Returns the subject for publishing an event.
    pub(crate) fn of_event(&self, event: &Event) -> Result<String, NoSubject> {
        self.render(event.ty(), || Some(Cow::Borrowed(event)))
    }

    /// Returns the subject for publishing a raw message of an event type. `decode` returns the
    /// event in the message, on which the subject may depend.
    pub(crate) fn of_raw<'e>(
        &self,
        ty: &str,
        decode: impl FnOnce() -> Option<Cow<'e, Event>>,
    ) -> Result<String, NoSubject> {
        if is_reserved(ty) {
            let subject = subject::subject(&self.prefix, ty);
            return check_length(&subject).map(|()| subject);
        }
        self.render(ty, decode)
    }

    fn render<'e>(
        &self,
        ty: &str,
        event: impl FnOnce() -> Option<Cow<'e, Event>>,
    ) -> Result<String, NoSubject> {
        if !self.publishes {
            return Err(NoSubject::NotReceived(format!("{}.>", self.prefix)));
        }
        let subject = match &self.naming {
            Naming::Template(template) if template.needs_type_only() => template.render(ty, None),
            Naming::Template(template) => template.render(ty, event().as_deref()),
            Naming::Function(name) => {
                let subject = event().and_then(|event| name(&event));
                let subject = subject.ok_or(NoSubject::Function)?;
                if !is_subject(&subject) {
                    return Err(NoSubject::Malformed(subject));
                }
                Ok(subject)
            }
        };
        let subject = subject.map_err(NoSubject::Missing)?;
        check_length(&subject)?;
        if is_server_subject(&subject) || self.reserved_type(&subject).is_some() {
            return Err(NoSubject::Reserved(subject));
        }
        Ok(subject)
    }

    /// Returns the filters of a subscription.
    pub(crate) fn filters_of(&self, subscription: &Subscription) -> Filters {
        let mut filters = Vec::new();
        for pattern in &subscription.patterns {
            match &self.naming {
                _ if is_reserved(pattern) => {
                    filters.push(Template::of_prefix(&self.prefix).filter(pattern));
                }
                Naming::Template(template) if self.selects_by_subject => {
                    filters.push(template.filter(pattern));
                }
                _ => filters.extend(self.filters.iter().cloned()),
            }
        }
        Filters::new(filters)
    }

    /// Returns the meaning of a message's subject.
    pub(crate) fn address<'a>(&self, subject: &'a str) -> Address<'a> {
        if let Some(ty) = self.reserved_type(subject) {
            return Address::Reserved(decode_type(ty));
        }
        match &self.naming {
            Naming::Template(template) if self.selects_by_subject => template
                .type_in(subject)
                .map_or(Address::Other, Address::Type),
            _ if any_covers(&self.filters, subject) => Address::Event,
            _ => Address::Other,
        }
    }

    /// Returns the encoded reserved event type in a subject.
    fn reserved_type<'a>(&self, subject: &'a str) -> Option<&'a str> {
        // Compared before decoding, because the permissions of the server compare subjects
        // literally.
        let ty = subject.strip_prefix(&self.prefix)?.strip_prefix('.')?;
        is_reserved(ty).then_some(ty)
    }
}

fn check_length(subject: &str) -> Result<(), NoSubject> {
    if subject.len() > MAX_SUBJECT_LENGTH {
        return Err(NoSubject::TooLong);
    }
    Ok(())
}

/// The reason why an event has no subject.
#[derive(Debug, Error, PartialEq, Eq)]
pub(crate) enum NoSubject {
    #[error(
        "no subscription of this transport receives its subject, which is one of `{0}`; set \
         `NatsBuilder::subject` to publish events"
    )]
    NotReceived(String),
    #[error("it has no attribute `{0}`, which its subject contains")]
    Missing(String),
    #[error("the `NatsBuilder::subject_fn` returned no subject for the event")]
    Function,
    #[error("its subject is `{0}`, expected tokens without white space and wildcards")]
    Malformed(String),
    #[error("its subject is `{0}`, which is reserved for the server or for services")]
    Reserved(String),
    #[error("its subject is longer than {MAX_SUBJECT_LENGTH} bytes")]
    TooLong,
}

impl NoSubject {
    /// Converts this to the error of an operation, which completes the message "failed to ..".
    pub(crate) fn into_error(self, operation: &(impl Display + ?Sized)) -> TransportError {
        let kind = match self {
            Self::NotReceived(_) => TransportErrorKind::Configuration,
            _ => TransportErrorKind::Rejected,
        };
        TransportError::new(kind, format!("failed to {operation}: {self}"))
    }
}

impl fmt::Debug for Naming {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Template(template) => template.fmt(f),
            Self::Function(_) => f.write_str("Function"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Naming {
        Naming::Template(Template::parse(text).unwrap())
    }

    fn function(subject: &'static str) -> Naming {
        Naming::Function(Arc::new(move |_| Some(subject.to_owned())))
    }

    fn subjects(naming: impl Into<Option<Naming>>, filters: Option<&[&str]>) -> Subjects {
        let filters = filters.map(|filters| filters.iter().map(ToString::to_string).collect());
        Subjects::new("shop".to_owned(), naming.into(), filters).unwrap()
    }

    fn event(ty: &str) -> Event {
        let event = Event::builder().source("/s").id("1").ty(ty);
        event.subject("eventkit").build().unwrap()
    }

    #[test]
    fn a_stream_stores_what_is_published_and_what_is_received() {
        for (subjects, of_events) in [
            (subjects(None, None), &["shop.>"][..]),
            (subjects(template("t.{subject}.{type}"), None), &["t.*.>"]),
            (subjects(template("t.{subject}"), None), &["t.*"]),
            (subjects(function("x"), None), &["shop.>"]),
            (subjects(None, Some(&["o.a", "o.*"])), &["o.*"]),
            (
                subjects(template("p.{type}"), Some(&["o.>"])),
                &["o.>", "p.>"],
            ),
            (subjects(function("x"), Some(&["o.>"])), &["o.>"]),
        ] {
            assert_eq!(subjects.of_events(), of_events);
            assert_eq!(
                subjects.of_services(),
                ["shop.eventkit.deadletter.>", "shop.eventkit.replay.>"]
            );
        }
    }

    #[test]
    fn a_subscription_receives_its_patterns_or_all_filters_and_its_own_replays() {
        let subscription = Subscription::new("n", ["a.*", "b", "eventkit.replay.n"]);
        let letters = Subscription::new("l", ["eventkit.deadletter.s"]);
        for (subjects, expected) in [
            (
                subjects(None, None),
                &["shop.a.>", "shop.b", "shop.eventkit.replay.n"][..],
            ),
            (
                subjects(template("t.{subject}.{type}"), None),
                &["shop.eventkit.replay.n", "t.*.a.>", "t.*.b"],
            ),
            (
                subjects(template("t.{subject}"), None),
                &["shop.eventkit.replay.n", "t.*"],
            ),
            (
                subjects(None, Some(&["o.a", "o.b"])),
                &["o.a", "o.b", "shop.eventkit.replay.n"],
            ),
            (subjects(None, Some(&["shop.>"])), &["shop.>"]),
        ] {
            assert_eq!(subjects.filters_of(&subscription).as_slice(), expected);
            let letters = subjects.filters_of(&letters);
            assert_eq!(letters.as_slice(), ["shop.eventkit.deadletter.s"]);
        }
    }

    #[test]
    fn what_a_message_is_depends_on_its_subject_alone() {
        let reserved = |ty: &'static str| Address::Reserved(ty.into());
        for subjects in [
            subjects(None, None),
            subjects(template("shop.{subject}.{type}"), None),
            subjects(template("shop.{subject}.{id}"), None),
            subjects(function("x"), None),
            subjects(None, Some(&["shop.>", "o.>"])),
        ] {
            let letter = subjects.address("shop.eventkit.deadletter.s");
            assert_eq!(letter, reserved("eventkit.deadletter.s"));
            let replay = subjects.address("shop.eventkit.replay.s--h");
            assert_eq!(replay, reserved("eventkit.replay.s--h"));
            // The permissions of the server do not cover these as dead letters or replays.
            for subject in [
                "shop.eventkit%2Edeadletter.s",
                "shop.eventkit%2Ereplay.s--h",
                "shop.eventkit.deadletter%2Es",
                "shop.eventkit.deadletter",
                "shop.%65ventkit.replay.s--h",
                "o.eventkit.replay.s--h",
            ] {
                let address = subjects.address(subject);
                assert!(!matches!(address, Address::Reserved(_)), "{subject}");
            }
        }
        let by_hand = subjects(None, Some(&["o.*"]));
        assert_eq!(by_hand.address("o.a"), Address::Event);
        assert_eq!(by_hand.address("o.a.b"), Address::Other);
        assert_eq!(by_hand.address("shop.a"), Address::Other);
        let by_template = subjects(template("t.{subject}.{type}"), None);
        assert_eq!(by_template.address("t.x.a.b"), Address::Type("a.b".into()));
        assert_eq!(by_template.address("shop.a"), Address::Other);
    }

    #[test]
    fn an_event_is_not_published_as_a_message_of_a_service_or_of_the_server() {
        let long: &'static str = "a".repeat(3_000).leak();
        for (naming, expected) in [
            (
                template("shop.{subject}.{type}"),
                NoSubject::Reserved("shop.eventkit.replay.s".to_owned()),
            ),
            (
                function("shop.eventkit.deadletter.s"),
                NoSubject::Reserved("shop.eventkit.deadletter.s".to_owned()),
            ),
            (
                function("$JS.API.STREAM.DELETE.shop"),
                NoSubject::Reserved("$JS.API.STREAM.DELETE.shop".to_owned()),
            ),
            (
                function("_INBOX.a.b"),
                NoSubject::Reserved("_INBOX.a.b".to_owned()),
            ),
            (function(""), NoSubject::Malformed(String::new())),
            (function("a..b"), NoSubject::Malformed("a..b".to_owned())),
            (function("a b"), NoSubject::Malformed("a b".to_owned())),
            (function("a.*"), NoSubject::Malformed("a.*".to_owned())),
            (function("a.>"), NoSubject::Malformed("a.>".to_owned())),
            (
                function("a\r\nb"),
                NoSubject::Malformed("a\r\nb".to_owned()),
            ),
            (function(long), NoSubject::TooLong),
        ] {
            let subjects = subjects(naming, None);
            assert_eq!(subjects.of_event(&event("replay.s")), Err(expected));
        }
    }

    #[test]
    fn events_are_published_where_subscriptions_receive_them() {
        let default = subjects(None, None).of_event(&event("a.b"));
        assert_eq!(default.as_deref(), Ok("shop.a.b"));
        let within = subjects(None, Some(&["shop.>"])).of_event(&event("a"));
        assert_eq!(within.as_deref(), Ok("shop.a"));
        let elsewhere = subjects(None, Some(&["o.>"])).of_event(&event("a"));
        assert_eq!(elsewhere, Err(NoSubject::NotReceived("shop.>".to_owned())));
        let by_choice = subjects(template("p.{type}"), Some(&["o.>"])).of_event(&event("a"));
        assert_eq!(by_choice.as_deref(), Ok("p.a"));
    }

    #[test]
    fn a_raw_message_gets_the_subject_of_the_event_in_it() {
        let by_type = subjects(template("t.{type}"), None);
        assert_eq!(by_type.of_raw("a", || None).as_deref(), Ok("t.a"));
        let by_subject = subjects(template("t.{subject}.{type}"), None);
        let named = by_subject.of_raw("a", || Some(Cow::Owned(event("b"))));
        assert_eq!(named.as_deref(), Ok("t.eventkit.a"));
        let missing = NoSubject::Missing("subject".to_owned());
        assert_eq!(by_subject.of_raw("a", || None), Err(missing));
        for subjects in [by_type, by_subject, subjects(function("x"), Some(&["o.>"]))] {
            let letter = subjects.of_raw("eventkit.deadletter.s", || None);
            assert_eq!(letter.as_deref(), Ok("shop.eventkit.deadletter.s"));
        }
    }

    #[test]
    fn a_malformed_filter_is_refused() {
        for filter in ["", "a..b", "a.>.b", "a b"] {
            let filters = Some(vec![filter.to_owned()]);
            let error = Subjects::new("shop".to_owned(), None, filters).unwrap_err();
            assert!(
                error.to_string().contains(&format!("`{filter}`")),
                "{error}"
            );
        }
        assert!(Subjects::new("shop".to_owned(), None, Some(Vec::new())).is_err());
    }
}
