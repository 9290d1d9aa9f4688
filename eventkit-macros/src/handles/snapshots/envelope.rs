fn audit(event: &Event) {}
#[doc(hidden)]
#[allow(non_upper_case_globals, unreachable_pub, deprecated)]
static __eventkit_handles_audit: ::eventkit::__private::HandlerEntry = {
    const __EVENTKIT_EVENT: ::eventkit::__private::EventMeta<
        ::eventkit::__private::BorrowEvent<Event>,
    > = ::eventkit::__private::borrowed_event::<Event>();
    const _: () = __EVENTKIT_EVENT.check_type("audit", "co.outcome.*", "Event");
    const _: () = __EVENTKIT_EVENT.check_type("audit", "org.example.*", "Event");
    const __eventkit_call: ::eventkit::__private::Call = ::eventkit::__private::Call::Sync(|
        __eventkit_invocation|
    {
        #[allow(unused_imports)]
        use ::eventkit::__private::AutorefOutcome as _;
        ::eventkit::__private::Returned(
                audit((__EVENTKIT_EVENT.get)(__eventkit_invocation)?),
            )
            .into_outcome()
    });
    let __eventkit_metadata = ::eventkit::__private::HandlerMetadata {
        ..::eventkit::__private::HandlerMetadata::new(
            ::core::concat!(::core::module_path!(), "::", "audit"),
            ::eventkit::__private::Location::new(
                ::core::file!(),
                ::core::line!(),
                ::core::column!(),
            ),
            __EVENTKIT_EVENT.typed,
            &["co.outcome.*", "org.example.*"],
        )
    };
    ::eventkit::__private::HandlerEntry::new(__eventkit_metadata, __eventkit_call)
};
::eventkit::__private::discover! {
    HANDLERS : & 'static ::eventkit::__private::HandlerEntry = & __eventkit_handles_audit
}
