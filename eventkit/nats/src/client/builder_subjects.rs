//! The builder methods for subjects.

use std::sync::Arc;

use eventkit::Event;

use super::builder::NatsBuilder;
use super::subject_settings::NamingSetting;
use super::unselected::Unselected;

impl NatsBuilder {
    /// Sets the prefix of subjects; the name of the stream by default.
    ///
    /// Events are published to `<prefix>.<type>` unless [`subject`](Self::subject) or
    /// [`subject_fn`](Self::subject_fn) is set. Dead letters and replays are always below the
    /// prefix.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_nats::Nats;
    ///
    /// let nats = Nats::connect("nats://127.0.0.1:4222").stream("SHOP");
    /// // An event of type `co.outcome.order.placed` is published to `acme.shop.co.outcome.order.placed`.
    /// let nats = nats.subject_prefix("acme.shop").open().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn subject_prefix(mut self, prefix: impl Into<String>) -> Self {
        self.subjects.prefix = Some(prefix.into());
        self
    }

    /// Sets the template of the subjects that events are published to; `<prefix>.{type}` by
    /// default.
    ///
    /// A token of a template is a literal or one of `{type}`, `{source}`, `{subject}`, `{id}` and
    /// `{ext:name}`; the first token must be a literal. The segments of `{type}` become tokens of
    /// the subject. Any other value becomes a single token, in which dots are percent-encoded. An
    /// event that lacks one of these attributes is not published.
    ///
    /// If the template contains `{type}`, subscriptions select events by subject. Otherwise they
    /// receive all subjects of the template and select by the content of the events.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_nats::Nats;
    ///
    /// let nats = Nats::connect("nats://127.0.0.1:4222").stream("tenants");
    /// // A pattern `co.outcome.*` selects the subjects `tenant.*.co.outcome.>`.
    /// let nats = nats.subject("tenant.{ext:tenant}.{type}").open().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn subject(mut self, template: impl Into<String>) -> Self {
        self.subjects.naming = Some(NamingSetting::Template(template.into()));
        self
    }

    /// Sets a function that returns the subject of an event, instead of a
    /// [template](Self::subject).
    ///
    /// An event is not published if the function returns `None` or an invalid subject for it.
    /// Subscriptions receive the [filter subjects](Self::filter_subjects), `<prefix>.>` by default,
    /// and select by the content of the events.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_nats::Nats;
    ///
    /// let nats = Nats::connect("nats://127.0.0.1:4222").stream("orders");
    /// let by_customer = nats.subject_fn(|event| Some(format!("orders.{}", event.subject()?)));
    /// let nats = by_customer.open().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn subject_fn<F>(mut self, subject: F) -> Self
    where
        F: Fn(&Event) -> Option<String> + Send + Sync + 'static,
    {
        self.subjects.naming = Some(NamingSetting::Function(Arc::new(subject)));
        self
    }

    /// Sets the subjects that subscriptions receive, for streams whose subjects do not contain the
    /// event type. Subscriptions then select by the content of the events.
    ///
    /// The [rule for unselected events](Self::unselected) applies to events that no handler takes.
    /// Events can be published only if the filters match `<prefix>.>`, or if
    /// [`subject`](Self::subject) or [`subject_fn`](Self::subject_fn) is set.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_nats::Nats;
    ///
    /// let nats = Nats::connect("nats://127.0.0.1:4222").stream("ORDERS").existing_stream();
    /// let nats = nats.filter_subjects(["orders.*.created", "orders.*.paid"]).open().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn filter_subjects<S: Into<String>>(
        mut self,
        subjects: impl IntoIterator<Item = S>,
    ) -> Self {
        self.subjects.filters = Some(subjects.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the rule for events that a subscription receives but no subscription selects;
    /// [`Unselected::Report`] by default.
    ///
    /// ```no_run
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// use eventkit_nats::{Nats, Unselected};
    ///
    /// let nats = Nats::connect("nats://127.0.0.1:4222").stream("ORDERS");
    /// let nats = nats.filter_subjects(["orders.>"]).unselected(Unselected::DeadLetter);
    /// let nats = nats.open().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn unselected(mut self, rule: Unselected) -> Self {
        self.subjects.unselected = rule;
        self
    }
}
