fn send_receipt(order: &OrderPlaced) {}
#[doc(hidden)]
#[allow(non_upper_case_globals, unreachable_pub, deprecated)]
static __eventkit_handles_send_receipt: ::eventkit::__private::Handler = {
    const __EVENTKIT_EVENT: ::eventkit::__private::EventOf<OrderPlaced> = ::eventkit::__private::event_of::<
        OrderPlaced,
    >();
    const _: () = __EVENTKIT_EVENT
        .check_type("send_receipt", "co.outcome.order.placed", "OrderPlaced");
    const __EVENTKIT_FUNCTION: fn(&OrderPlaced) -> ::eventkit::__private::Outcome = |
        __eventkit_event|
    {
        #[allow(unused_imports)]
        use ::eventkit::__private::Undecided as _;
        ::eventkit::__private::Returned(send_receipt(__eventkit_event)).into_outcome()
    };
    const __eventkit_call: ::eventkit::__private::Call = ::eventkit::__private::Call::Plain(
        &__EVENTKIT_FUNCTION,
    );
    ::eventkit::__private::Handler::new(
        ::core::concat!(::core::module_path!(), "::", "send_receipt"),
        ::eventkit::__private::Location::new(
            ::core::file!(),
            ::core::line!(),
            ::core::column!(),
        ),
        &__EVENTKIT_EVENT,
        &["co.outcome.order.placed"],
        __eventkit_call,
    )
};
::eventkit::__private::discover_handler!(__eventkit_handles_send_receipt);
