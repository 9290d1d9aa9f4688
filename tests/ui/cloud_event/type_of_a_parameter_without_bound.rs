use serde::{Deserialize, Serialize};

trait Entity {
    const CHANGED: &'static str;
}

#[derive(Serialize, Deserialize, eventkit::CloudEvent)]
#[cloudevent(type = T::CHANGED, source = "/entities")]
struct Changed<T> {
    entity: T,
}

fn main() {}
