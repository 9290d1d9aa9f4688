use eventkit::{CloudEvent, Event};

#[derive(CloudEvent)]
enum OrderEvent {
    #[cloudevent(other)]
    Other(Event),
}

fn main() {}
