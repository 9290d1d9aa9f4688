//! The trait of event formats, for a format and the same format with limits.

/// Implements `Format` for a format with these media types of an event and of a batch, by the
/// functions of its modules `encode` and `decode`.
///
/// A registered format applies the limits of the binding that calls it, unless it has limits of its
/// own.
macro_rules! event_format {
    ($format:ident, $limited:ident, $content_type:expr, $batch_content_type:expr) => {
        impl $format {
            /// Returns the format with custom limits.
            #[must_use]
            pub const fn with_limits(self, limits: eventkit::Limits) -> $limited {
                $limited { limits }
            }
        }

        event_format!(
            $format,
            $content_type,
            $batch_content_type,
            |_format| eventkit::Limits::DEFAULT,
            |limits| Some(std::sync::Arc::new($format.with_limits(limits)))
        );
        event_format!(
            $limited,
            $content_type,
            $batch_content_type,
            |format| format.limits,
            |_limits| None
        );
    };
    (
        $format:ident, $content_type:expr, $batch_content_type:expr,
        |$this:ident| $limits:expr, |$asked:ident| $limited_by:expr
    ) => {
        impl eventkit::format::Format for $format {
            fn content_type(&self) -> &'static str {
                $content_type
            }

            fn batch_content_type(&self) -> Option<&'static str> {
                $batch_content_type
            }

            fn limited_by(
                &self,
                $asked: eventkit::Limits,
            ) -> Option<std::sync::Arc<dyn eventkit::format::Format>> {
                $limited_by
            }

            fn encode(
                &self,
                event: &eventkit::Event,
            ) -> Result<bytes::Bytes, eventkit::EncodeError> {
                encode::event(event)
            }

            fn decode(
                &self,
                bytes: bytes::Bytes,
            ) -> Result<eventkit::Event, eventkit::DecodeError> {
                let $this = self;
                decode::event(&bytes, $limits)
            }

            fn encode_batch(
                &self,
                events: &[eventkit::Event],
            ) -> Result<bytes::Bytes, eventkit::EncodeError> {
                encode::batch(events)
            }

            fn decode_batch(
                &self,
                bytes: bytes::Bytes,
            ) -> Result<Vec<eventkit::Event>, eventkit::DecodeError> {
                let $this = self;
                decode::batch(&bytes, $limits)
            }
        }
    };
}
