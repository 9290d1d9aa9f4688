use std::rc::Rc;

use eventkit::{BoxError, Context, Event, Extract, handles};

struct Shared(Rc<u8>);

impl<'a> Extract<'a> for Shared {
    fn extract(_: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(Self(Rc::new(0)))
    }
}

#[handles("*")]
async fn share(_event: &Event, shared: Shared) {
    println!("{}", shared.0);
}

fn main() {}
