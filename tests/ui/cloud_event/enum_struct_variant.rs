use eventkit::CloudEvent;

#[derive(CloudEvent)]
enum OrderEvent {
    Placed { total_cents: u64 },
}

fn main() {}
