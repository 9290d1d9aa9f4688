use eventkit::HandlerError;

#[derive(HandlerError)]
union ShipError {
    a: u8,
    b: u16,
}

fn main() {}
