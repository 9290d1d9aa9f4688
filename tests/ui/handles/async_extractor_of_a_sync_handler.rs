use eventkit::{BoxError, Context, Event, ExtractAsync, handles};

struct Customer;

impl<'a> ExtractAsync<'a> for Customer {
    async fn extract_async(_: &'a Context<'a>) -> Result<Self, BoxError> {
        Ok(Self)
    }
}

#[handles("*")]
fn greet(_event: &Event, _customer: Customer) {}

fn main() {}
