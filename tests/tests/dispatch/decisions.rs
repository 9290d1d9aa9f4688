//! The decision of an error is kept in every wrapper.

use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use eventkit::{BoxError, CloudEvent, Decision, Failure, HandlerError, Registry, handles};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "decisions.placed", source = "/shop")]
struct Placed;

#[derive(Debug, Clone, HandlerError)]
enum ShipError {
    #[dead_letter]
    NoAddress,
    #[retry(after = "5s")]
    Busy,
}

/// An error without a decision of its own.
#[derive(Debug)]
struct Wrapper(ShipError);

#[derive(Debug, HandlerError)]
enum PayError<T>
where
    T: HandlerError,
{
    #[drop]
    PaidAlready,
    #[handler_error(transparent)]
    Ship(T),
    #[handler_error(transparent)]
    Boxed { error: Box<T> },
    #[handler_error(transparent)]
    Hidden(BoxError),
    #[handler_error(transparent)]
    Anyhow(anyhow::Error),
}

#[derive(Debug, HandlerError)]
#[handler_error(transparent)]
struct Transparent(Arc<ShipError>);

macro_rules! errors {
    ($(($($parameter:ident)*) $error:ty;)*) => {$(
        impl$(<$parameter: HandlerError>)* fmt::Display for $error {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{self:?}")
            }
        }
    )*};
}

errors! {
    () ShipError;
    () Wrapper;
    (T) PayError<T>;
    () Transparent;
}

impl Error for ShipError {}
impl<T: HandlerError> Error for PayError<T> {}
impl Error for Transparent {}

impl Error for Wrapper {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

const NO_ADDRESS: ShipError = ShipError::NoAddress;

/// Registers functions with these return types, which all return an error.
macro_rules! failing {
    ($registry:ident: $($name:ident: $result:ty = $error:expr;)*) => {
        static $registry: Registry = Registry::new(stringify!($registry));
        $(
            #[handles(registry = $registry)]
            fn $name(_: &Placed) -> $result {
                Err($error)
            }
        )*
    };
}

failing! { DEAD:
    itself: Result<(), ShipError> = NO_ADDRESS;
    with_events: Result<Option<Placed>, ShipError> = NO_ADDRESS;
    in_a_box: Result<(), Box<ShipError>> = Box::new(NO_ADDRESS);
    in_an_arc: Result<Vec<Placed>, Arc<ShipError>> = Arc::new(NO_ADDRESS);
    in_a_boxed_error: Result<(), BoxError> = NO_ADDRESS.into();
    box_in_a_boxed_error: Result<(), BoxError> = Box::new(NO_ADDRESS).into();
    arc_in_a_boxed_error: Result<(), BoxError> = Arc::new(NO_ADDRESS).into();
    in_a_shared_error: Result<(), Arc<dyn Error + Send + Sync>> = Arc::new(NO_ADDRESS);
    in_an_io_error: io::Result<()> = io::Error::other(NO_ADDRESS);
    in_an_io_error_of_an_arc: io::Result<()> = io::Error::other(Arc::new(NO_ADDRESS));
    in_anyhow: anyhow::Result<()> = NO_ADDRESS.into();
    in_anyhow_with_context: anyhow::Result<Placed> = anyhow::Error::from(NO_ADDRESS).context("shipping");
    in_anyhow_in_a_box: Result<(), BoxError> = anyhow::Error::from(NO_ADDRESS).context("shipping").into();
    wrapped: Result<(), Wrapper> = Wrapper(NO_ADDRESS);
    wrapped_in_anyhow: anyhow::Result<()> = Wrapper(NO_ADDRESS).into();
    transparent: Result<(), PayError<ShipError>> = PayError::Ship(NO_ADDRESS);
    transparent_box: Result<(), PayError<ShipError>> = PayError::Boxed { error: Box::new(NO_ADDRESS) };
    transparent_hidden: Result<(), PayError<ShipError>> = PayError::Hidden(NO_ADDRESS.into());
    transparent_anyhow: Result<(), PayError<ShipError>> = PayError::Anyhow(NO_ADDRESS.into());
    transparent_struct: Result<(), BoxError> = Transparent(Arc::new(NO_ADDRESS)).into();
    failure_in_a_box: Result<(), BoxError> = Failure::from(NO_ADDRESS).into();
    failure_in_anyhow: anyhow::Result<()> = Failure::from(PayError::Ship(NO_ADDRESS)).into();
    nested: Result<Result<(), ShipError>, String> = "not a decision".to_owned();
}

fn decision(failure: &Failure) -> Option<Decision> {
    match failure {
        Failure::Error { decision, .. } => *decision,
        other => panic!("{other}"),
    }
}

#[test]
fn a_decision_is_found_in_every_wrapper() {
    let error = DEAD.dispatch(&Placed).unwrap_err();
    for (handler, failure) in error.report().unwrap().failures() {
        let expected = match handler.name() {
            "dispatch::decisions::nested" => None,
            _ => Some(Decision::DeadLetter),
        };
        assert_eq!(decision(failure), expected, "{handler}");
    }
    assert_eq!(error.report().unwrap().failures().count(), 23);
}

failing! { OTHERS:
    after_a_delay: anyhow::Result<()> = ShipError::Busy.into();
    dropped: Result<(), PayError<ShipError>> = PayError::PaidAlready;
    undecided: anyhow::Result<()> = anyhow::anyhow!("no");
    undecided_in_a_transparent_one: Result<(), PayError<ShipError>> = PayError::Anyhow(anyhow::anyhow!("no"));
}

#[test]
fn the_first_decision_of_the_chain_is_returned() {
    let error = OTHERS.dispatch(&Placed).unwrap_err();
    let failures = error.report().unwrap().failures();
    let decisions: Vec<_> = failures.map(|(_, failure)| decision(failure)).collect();
    let after = Some(Duration::from_secs(5));
    assert_eq!(
        decisions,
        [
            Some(Decision::Retry { after }),
            Some(Decision::Drop),
            None,
            Some(Decision::Retry { after: None })
        ]
    );
}

#[test]
fn closures_keep_decisions() {
    let registry = Registry::new("closures with decisions");
    registry.register_typed(|_: &Placed| Err::<(), _>(NO_ADDRESS));
    registry.register_typed(|_: &Placed| Err::<Placed, _>(BoxError::from(NO_ADDRESS)));
    registry.register_typed(|_: &Placed| Err::<(), _>(NO_ADDRESS).context("shipping"));
    let error = registry.dispatch(&Placed).unwrap_err();
    for (handler, failure) in error.report().unwrap().failures() {
        assert_eq!(decision(failure), Some(Decision::DeadLetter), "{handler}");
    }
    assert_eq!(error.report().unwrap().failures().count(), 3);
}
