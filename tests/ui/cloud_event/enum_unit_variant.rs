use eventkit::CloudEvent;

#[derive(CloudEvent)]
enum OrderEvent {
    Placed,
}

fn main() {}
