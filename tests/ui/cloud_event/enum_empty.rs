use eventkit::CloudEvent;

#[derive(CloudEvent)]
enum OrderEvent {}

fn main() {}
