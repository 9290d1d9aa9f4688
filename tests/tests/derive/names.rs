//! Types, fields and paths with unusual names.

use crate::{assert_round_trip, encoded};

/// A crate that re-exports the derive macro and the traits.
mod framework {
    pub(super) mod reexport {
        pub(crate) use eventkit::{__private, CloudEvent};
    }
}

mod through_a_framework {
    use super::framework::reexport::CloudEvent;

    #[derive(Debug, PartialEq, CloudEvent, serde::Serialize, serde::Deserialize)]
    #[cloudevent(type = "co.outcome.far", source = "/s", crate = super::framework::reexport)]
    pub(super) struct Far {
        #[cloudevent(subject)]
        pub(super) customer: String,
        pub(super) n: u8,
    }

    #[derive(Debug, PartialEq, CloudEvent)]
    #[cloudevent(crate = super::framework::reexport)]
    pub(super) enum FarEvent {
        Far(Far),
    }
}

#[test]
fn the_library_may_have_another_path() {
    let far = through_a_framework::Far {
        customer: "c".into(),
        n: 1,
    };
    assert_eq!(encoded(&far).1, r#"{"n":1}"#);
    assert_round_trip(&far);
    assert_round_trip(&through_a_framework::FarEvent::Far(far));
}

mod raw {
    use eventkit::CloudEvent;
    use serde::{Deserialize, Serialize};

    #[derive(Debug, PartialEq, Serialize, Deserialize, CloudEvent)]
    #[cloudevent(type = "co.outcome.raw", source = "/s", r#ref = "a", r#in = 1)]
    #[allow(non_camel_case_types, reason = "the name has to be a keyword")]
    pub(super) struct r#struct {
        #[cloudevent(extension)]
        pub(super) r#mod: String,
        #[cloudevent(subject, keep)]
        pub(super) r#type: String,
        pub(super) r#fn: u8,
    }
}

#[test]
fn raw_identifiers_lose_their_prefix() {
    let value = raw::r#struct {
        r#mod: "m".into(),
        r#type: "t".into(),
        r#fn: 1,
    };
    let (event, data) = encoded(&value);

    assert_eq!(event.extension_as::<String>("mod").unwrap(), "m");
    assert_eq!(event.extension_as::<String>("ref").unwrap(), "a");
    assert_eq!(event.extension_as::<i32>("in").unwrap(), 1);
    assert_eq!(data, r#"{"type":"t","fn":1}"#);
    assert_round_trip(&value);
}

/// Defines event types, with every token from the caller.
macro_rules! events {
    ($($vis:vis struct $name:ident { $($field:ident : $ty:ty),* } is $event:literal from $source:expr, level $level:literal, $attribute:ident by $by:ident;)*) => {$(
        #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, eventkit::CloudEvent)]
        #[cloudevent(type = $event, source = $source, level = $level)]
        $vis struct $name {
            #[cloudevent($attribute)]
            $by: String,
            $($field: $ty),*
        }
    )*};
}

events! {
    struct Placed { total: u64, lines: Vec<String> } is "co.outcome.placed" from "/orders", level -5, subject by order;
    pub(crate) struct Paid { cents: Option<u32> } is "co.outcome.paid" from "/payments", level true, id by payment;
}

#[test]
fn a_macro_may_define_the_struct() {
    let placed = Placed {
        order: "A-1".into(),
        total: 1,
        lines: vec!["book".into()],
    };
    let (event, data) = encoded(&placed);

    assert_eq!(
        (event.ty(), event.source(), event.subject()),
        (Placed::TYPE, "/orders", Some("A-1"))
    );
    assert_eq!(event.extension_as::<i32>("level").unwrap(), -5);
    assert_eq!(data, r#"{"total":1,"lines":["book"]}"#);
    assert_round_trip(&placed);
    assert_round_trip(&Paid {
        payment: "p-1".into(),
        cents: Some(3),
    });
}

/// A module that shadows every name that generated code might use.
mod hostile {
    #![no_implicit_prelude]
    #![allow(
        dead_code,
        non_camel_case_types,
        reason = "the names are there to be in the way"
    )]

    pub(super) struct Data;
    pub(super) struct Metadata;
    pub(super) struct Event;
    pub(super) struct Result;
    pub(super) struct Option;
    pub(super) struct String;
    pub(super) struct Vec;
    pub(super) struct Self_;
    pub(super) trait CloudEvent {}
    pub(super) trait Serialize {}
    pub(super) mod core {}
    pub(super) mod std {}
    pub(super) mod serde {}
    pub(super) mod eventkit {}

    #[derive(::eventkit::CloudEvent)]
    #[cloudevent(type = "co.outcome.hostile", source = "/s")]
    pub(super) struct Hostile<S, T> {
        #[cloudevent(subject)]
        pub(super) source: S,
        pub(super) data: T,
        pub(super) builder: ::std::string::String,
        pub(super) attributes: u8,
    }

    #[derive(::eventkit::CloudEvent)]
    #[cloudevent(type = "co.outcome.unit", source = "/s")]
    pub(super) struct Unit;

    #[derive(::eventkit::CloudEvent)]
    pub(super) enum Both {
        None(Unit),
        Some(Hostile<u8, u8>),
    }
}

#[test]
fn shadowed_names_do_not_affect_generated_code() {
    let value = hostile::Hostile {
        source: 1_u8,
        data: 2_u8,
        builder: "b".into(),
        attributes: 3,
    };
    let (event, data) = encoded(&hostile::Both::Some(value));

    assert_eq!(event.subject(), Some("1"));
    assert_eq!(data, r#"{"data":2,"builder":"b","attributes":3}"#);
    assert_eq!(
        encoded(&hostile::Both::None(hostile::Unit)).0.ty(),
        hostile::Unit::TYPE
    );
}

#[test]
fn a_type_may_be_declared_in_a_function() {
    use eventkit::CloudEvent;

    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, CloudEvent)]
    #[cloudevent(type = "co.outcome.local", source = "/s")]
    struct Local {
        #[cloudevent(subject)]
        subject: String,
        n: u8,
    }

    assert_round_trip(&Local {
        subject: "s".into(),
        n: 1,
    });
}

/// Types with the names of generated types.
mod generated {
    #[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub(super) struct __PrimitiveData {
        pub(super) n: i32,
    }

    #[derive(
        Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize, ::eventkit::CloudEvent,
    )]
    #[cloudevent(type = "co.outcome.primitive", source = "/s", level = 1)]
    pub(super) struct Primitive<__Serializer, D, E> {
        #[cloudevent(subject)]
        pub(super) subject: ::std::string::String,
        pub(super) serializer: __Serializer,
        pub(super) data: D,
        pub(super) event: E,
    }
}

/// Types with the names of primitive types.
mod primitives {
    #![allow(
        non_camel_case_types,
        dead_code,
        reason = "the names are those of primitive types"
    )]

    pub(super) struct str;
    pub(super) struct bool;
    pub(super) struct usize;
    pub(super) struct u8;

    #[derive(Debug, PartialEq, ::eventkit::CloudEvent)]
    #[cloudevent(type = "co.outcome.primitive.unit", source = "/s")]
    pub(super) struct Unit;

    /// Variants with the names of associated types.
    #[derive(Debug, PartialEq, ::eventkit::CloudEvent)]
    pub(super) enum Set {
        Error(Unit),
        Output(
            ::std::boxed::Box<
                super::generated::Primitive<i32, super::generated::__PrimitiveData, i32>,
            >,
        ),
    }

    #[::eventkit::handles]
    pub(super) fn handles(_unit: &Unit) {}
}

#[test]
fn primitive_and_associated_types_may_be_shadowed() {
    let primitive = generated::Primitive {
        subject: "s".into(),
        serializer: 1,
        data: generated::__PrimitiveData { n: 2 },
        event: 3,
    };
    assert_round_trip(&primitive);
    assert_round_trip(&primitives::Set::Output(Box::new(primitive)));
    assert_round_trip(&primitives::Set::Error(primitives::Unit));
}

const FIXED: &str = "co.outcome.fixed";

mod constants {
    /// An event type that could come from another crate.
    pub(super) const PAID: &str = concat!("co.outcome", ".paid.by.constant");
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, eventkit::CloudEvent)]
#[cloudevent(type = FIXED, source = "/s")]
struct ByConstant {
    n: u8,
}

#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize, eventkit::CloudEvent)]
#[cloudevent(type = constants::PAID, source = "/s")]
struct ByPath {
    #[cloudevent(subject)]
    customer: String,
    n: u8,
}

#[test]
fn the_event_type_may_be_a_constant() {
    assert_eq!(ByConstant::TYPE, "co.outcome.fixed");
    assert_eq!(ByPath::TYPE, "co.outcome.paid.by.constant");
    assert_round_trip(&ByConstant { n: 1 });
    assert_round_trip(&ByPath {
        customer: "c".into(),
        n: 1,
    });
}
