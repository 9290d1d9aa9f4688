fn audit(event: &Event) {}
#[doc(hidden)]
#[allow(non_upper_case_globals, unreachable_pub, deprecated)]
static __handles_audit: ::eventkit::__private::Handler = {
    const EVENT: ::eventkit::__private::EventOf<Event> = ::eventkit::__private::event_of::<
        Event,
    >();
    const _: () = EVENT.check_type("audit", "co.outcome.*", "Event");
    const _: () = EVENT.check_type("audit", "org.example.*", "Event");
    const FUNCTION: fn(&Event) -> ::eventkit::__private::Outcome = |event| {
        #[allow(unused_imports)]
        use ::eventkit::__private::Undecided as _;
        ::eventkit::__private::Returned(audit(event)).into_outcome()
    };
    const call: ::eventkit::__private::Call = ::eventkit::__private::Call::Plain(
        &FUNCTION,
    );
    ::eventkit::__private::Handler::new(
        ::core::concat!(::core::module_path!(), "::", "audit"),
        ::eventkit::__private::Location::new(
            ::core::file!(),
            ::core::line!(),
            ::core::column!(),
        ),
        &EVENT,
        &["co.outcome.*", "org.example.*"],
        call,
    )
};
::eventkit::__private::discover_handler!(__handles_audit);
