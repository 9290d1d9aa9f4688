//! Event types that depend on type parameters.

use eventkit::{CloudEvent, Registry, handles};
use serde::{Deserialize, Serialize};

use crate::assert_round_trip;

/// A type of entity, with the event types of its changes.
trait Entity {
    const CHANGED: &'static str;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Customer {
    name: String,
}

impl Entity for Customer {
    const CHANGED: &'static str = "co.outcome.customer.changed";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Product {
    cents: u64,
}

impl Entity for Product {
    const CHANGED: &'static str = "co.outcome.product.changed";
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = T::CHANGED, source = "/entities", level = 7)]
struct Changed<T: Entity> {
    #[cloudevent(subject)]
    id: String,
    entity: T,
}

/// Without attribute fields, and with a different constant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = Self::NAME, source = "/entities")]
struct Removed<T>
where
    T: Entity,
{
    entity: T,
}

impl<T: Entity> Removed<T> {
    const NAME: &'static str = <T as Entity>::CHANGED.split_at(11).0;
}

const fn floor(number: usize) -> &'static str {
    ["co.outcome.ground", "co.outcome.first"][number]
}

#[derive(Debug, Clone, PartialEq, CloudEvent)]
#[cloudevent(type = floor(N), source = "/lift")]
struct Reached<const N: usize>;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, CloudEvent)]
#[cloudevent(type = Self::NAME, source = "/concrete")]
struct Concrete {
    n: u8,
}

impl Concrete {
    const NAME: &'static str = "co.outcome.concrete";
}

#[derive(Debug, PartialEq, CloudEvent)]
enum AnyChange {
    Customer(Changed<Customer>),
    Product(Changed<Product>),
}

fn customer_changed() -> Changed<Customer> {
    let entity = Customer { name: "Ada".into() };
    Changed {
        id: "7".into(),
        entity,
    }
}

static CHANGES: Registry = Registry::new("changes");

#[handles("co.outcome.customer.changed", registry = CHANGES)]
fn greet(_: &Changed<Customer>) {}

#[handles(registry = CHANGES)]
fn price(_: &Changed<Product>) {}

#[handles(registry = CHANGES, filter = "level = 7")]
fn log(_: &AnyChange) {}

#[test]
fn an_event_type_can_depend_on_a_parameter() {
    assert_eq!(Changed::<Customer>::TYPE, "co.outcome.customer.changed");
    assert_eq!(Changed::<Product>::TYPE, "co.outcome.product.changed");
    assert_eq!(AnyChange::TYPES, [Customer::CHANGED, Product::CHANGED]);
    assert_eq!(Removed::<Product>::TYPE, "co.outcome.");
    assert_eq!(Reached::<1>::TYPE, "co.outcome.first");
    assert_eq!(Concrete::TYPE, "co.outcome.concrete");

    assert_round_trip(&customer_changed());
    assert_round_trip(&Removed {
        entity: Product { cents: 7 },
    });
    assert_round_trip(&Reached::<0>);
    assert_round_trip(&Concrete { n: 7 });
    let event = customer_changed().to_event().unwrap();
    assert_eq!(
        (event.ty(), event.subject()),
        (Customer::CHANGED, Some("7"))
    );
    Changed::<Product>::try_from(&event).unwrap_err();
}

#[test]
fn a_type_with_a_dependent_event_type_works_in_handlers_and_enums() {
    let report = CHANGES.dispatch(&customer_changed()).unwrap();
    let names: Vec<&str> = report
        .iter()
        .map(|outcome| outcome.handler.name())
        .collect();
    assert_eq!(
        names,
        [
            "derive::dependent_types::greet",
            "derive::dependent_types::log"
        ]
    );
    CHANGES.check().unwrap();
    let event = customer_changed().to_event().unwrap();
    let any = AnyChange::try_from(event).unwrap();
    assert_eq!(any, AnyChange::Customer(customer_changed()));
}
