fn audit(event: &Event) {}
#[doc(hidden)]
#[allow(non_upper_case_globals, unreachable_pub, deprecated)]
static __handles_audit: ::eventkit::__private::HandlerEntry = {
    const EVENT: ::eventkit::__private::EventMeta<Event> = ::eventkit::__private::borrowed_event::<
        Event,
    >();
    const _: () = EVENT.check_type("audit", "co.outcome.*", "Event");
    const _: () = EVENT.check_type("audit", "org.example.*", "Event");
    const call: ::eventkit::__private::Call = ::eventkit::__private::Call::Sync(|
        invocation|
    {
        #[allow(unused_imports)]
        use ::eventkit::__private::AutorefOutcome as _;
        ::eventkit::__private::Returned(audit((EVENT.get)(invocation)?)).into_outcome()
    });
    let handler = ::eventkit::__private::Handler::new(
        ::core::concat!(::core::module_path!(), "::", "audit"),
        ::eventkit::__private::Location::new(
            ::core::file!(),
            ::core::line!(),
            ::core::column!(),
        ),
        EVENT.typed,
        &["co.outcome.*", "org.example.*"],
    );
    ::eventkit::__private::HandlerEntry::new(handler, call)
};
::eventkit::__private::discover_handler!(__handles_audit);
