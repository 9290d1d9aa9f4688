fn send_receipt(order: &OrderPlaced) {}
#[doc(hidden)]
#[allow(non_upper_case_globals, unreachable_pub, deprecated)]
static __handles_send_receipt: ::eventkit::__private::HandlerEntry = {
    const EVENT: ::eventkit::__private::EventMeta<OrderPlaced> = ::eventkit::__private::borrowed_event::<
        OrderPlaced,
    >();
    const _: () = EVENT
        .check_type("send_receipt", "co.outcome.order.placed", "OrderPlaced");
    const call: ::eventkit::__private::Call = ::eventkit::__private::Call::Sync(|
        invocation|
    {
        #[allow(unused_imports)]
        use ::eventkit::__private::AutorefOutcome as _;
        ::eventkit::__private::Returned(send_receipt((EVENT.get)(invocation)?))
            .into_outcome()
    });
    let handler = ::eventkit::__private::Handler::new(
        ::core::concat!(::core::module_path!(), "::", "send_receipt"),
        ::eventkit::__private::Location::new(
            ::core::file!(),
            ::core::line!(),
            ::core::column!(),
        ),
        EVENT.typed,
        &["co.outcome.order.placed"],
    );
    ::eventkit::__private::HandlerEntry::new(handler, call)
};
::eventkit::__private::discover_handler!(__handles_send_receipt);
