fn audit(event: &Event) {}
#[doc(hidden)]
#[allow(non_upper_case_globals, unreachable_pub, deprecated)]
static __eventkit_handles_audit: ::eventkit::__private::Handler = {
    const __EVENTKIT_EVENT: ::eventkit::__private::EventOf<Event> = ::eventkit::__private::event_of::<
        Event,
    >();
    const _: () = __EVENTKIT_EVENT.check_type("audit", "co.outcome.*", "Event");
    const _: () = __EVENTKIT_EVENT.check_type("audit", "org.example.*", "Event");
    const __EVENTKIT_FUNCTION: fn(&Event) -> ::eventkit::__private::Outcome = |
        __eventkit_event|
    {
        #[allow(unused_imports)]
        use ::eventkit::__private::Undecided as _;
        ::eventkit::__private::Returned(audit(__eventkit_event)).into_outcome()
    };
    const __eventkit_call: ::eventkit::__private::Call = ::eventkit::__private::Call::Plain(
        &__EVENTKIT_FUNCTION,
    );
    ::eventkit::__private::Handler::new(
        ::core::concat!(::core::module_path!(), "::", "audit"),
        ::eventkit::__private::Location::new(
            ::core::file!(),
            ::core::line!(),
            ::core::column!(),
        ),
        &__EVENTKIT_EVENT,
        &["co.outcome.*", "org.example.*"],
        __eventkit_call,
    )
};
::eventkit::__private::discover_handler!(__eventkit_handles_audit);
