fn audit(event: &Event) {}
#[::eventkit::__private::__items(
    #[doc(hidden)]#[allow(non_upper_case_globals, unreachable_pub, deprecated)]static
    __eventkit_handler_where_fn_audit_is_defined:::eventkit::__private::HandlerEntry = {const
    __EVENTKIT_TYPES:[&::core::primitive::str;2usize]= ["co.outcome.*",
    "org.example.*"];let
    __eventkit_metadata = ::eventkit::__private::HandlerMetadata::new(
        ::core::concat!(::core::module_path!(), "::", "audit"),
        ::eventkit::__private::Location::new(
            ::core::file!(),
            ::core::line!(),
            ::core::column!()
        ),
        ::core::option::Option::None,
        &__EVENTKIT_TYPES,
    );{const
    __EVENTKIT_EVENT:::eventkit::__private::EventMeta<::eventkit::__private::BorrowEvent<Event>>= ::eventkit::__private::borrowed_event::<Event>(

    );const
    _:()= __EVENTKIT_EVENT.check_type("audit", __EVENTKIT_TYPES[0usize], "Event");const
    _:()= __EVENTKIT_EVENT.check_type("audit", __EVENTKIT_TYPES[1usize], "Event");const
    __eventkit_call:::eventkit::__private::Call = ::eventkit::__private::Call::Sync(
        |__eventkit_invocation|{#[allow(
            unused_imports
        )]use::eventkit::__private::{AutorefOutcome
        as
        _,
        AutorefPointer
        as
        _,
        AutorefResult
        as
        _};::eventkit::__private::Returned::new(
            audit(
                ::eventkit::__private::EventMeta::borrow(
                    &__EVENTKIT_EVENT,
                    __eventkit_invocation
                )?
            )
        ).__eventkit_outcome(__eventkit_invocation)}
    );::eventkit::__private::HandlerEntry::new(
        __eventkit_metadata,
        __EVENTKIT_EVENT.typed,
        &[],
        __eventkit_call
    )}};::eventkit::__private::discover!{HANDLERS:&'static::eventkit::__private::HandlerEntry = &__eventkit_handler_where_fn_audit_is_defined}
)]
impl () {}
