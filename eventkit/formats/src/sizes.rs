//! The sizes by which encoders allocate.

use eventkit::Event;

/// Returns the bytes of the core attributes but the time.
pub(crate) fn core_attributes(event: &Event) -> usize {
    let core = [
        Some(event.id()),
        Some(event.source()),
        Some(event.ty()),
        event.subject(),
        event.data_content_type(),
        event.data_schema(),
    ];
    core.into_iter().flatten().map(str::len).sum()
}

/// Returns the bytes of the data.
pub(crate) fn data(event: &Event) -> usize {
    event.data().map_or(0, |data| data.as_bytes().len())
}
