use eventkit::HandlerError;

#[derive(HandlerError)]
enum ShipError {
    #[retry]
    Busy,
}

fn main() {}
