//! Clones for handlers that take their event by value.

use eventkit::CloudEvent;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.cloned", source = "/s")]
struct Cloned(u8);

#[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.moved", source = "/s")]
struct Moved(u8);

#[derive(Debug, PartialEq, CloudEvent)]
enum Both {
    Cloned(Cloned),
    Moved(Moved),
}

#[test]
fn a_type_that_is_clone_gives_a_clone() {
    assert_eq!(CloudEvent::try_clone(&Cloned(1)), Some(Cloned(1)));
    assert_eq!(CloudEvent::try_clone(&Moved(1)), None);
}

#[test]
fn an_enum_gives_a_clone_where_its_variant_does() {
    assert_eq!(
        CloudEvent::try_clone(&Both::Cloned(Cloned(1))),
        Some(Both::Cloned(Cloned(1)))
    );
    assert_eq!(CloudEvent::try_clone(&Both::Moved(Moved(1))), None);
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = "co.outcome.generic", source = "/s")]
struct Generic<T>(T);

#[test]
fn of_a_type_with_parameters_it_is_not_known() {
    assert_eq!(CloudEvent::try_clone(&Generic(1_u8)), None);
}
