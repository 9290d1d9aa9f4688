fn send_receipt(order: &OrderPlaced) {}
#[doc(hidden)]
#[allow(non_upper_case_globals, unreachable_pub, deprecated)]
static __handles_send_receipt: ::eventkit::__private::Handler = {
    const EVENT: ::eventkit::__private::EventOf<OrderPlaced> = ::eventkit::__private::event_of::<
        OrderPlaced,
    >();
    const _: () = EVENT
        .check_type("send_receipt", "co.outcome.order.placed", "OrderPlaced");
    const FUNCTION: fn(&OrderPlaced) -> ::eventkit::__private::Outcome = |event| {
        #[allow(unused_imports)]
        use ::eventkit::__private::Undecided as _;
        ::eventkit::__private::Returned(send_receipt(event)).into_outcome()
    };
    const call: ::eventkit::__private::Call = ::eventkit::__private::Call::Plain(
        &FUNCTION,
    );
    ::eventkit::__private::Handler::new(
        ::core::concat!(::core::module_path!(), "::", "send_receipt"),
        ::eventkit::__private::Location::new(
            ::core::file!(),
            ::core::line!(),
            ::core::column!(),
        ),
        &EVENT,
        &["co.outcome.order.placed"],
        call,
    )
};
::eventkit::__private::discover_handler!(__handles_send_receipt);
