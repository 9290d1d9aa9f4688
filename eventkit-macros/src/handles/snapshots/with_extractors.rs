#[cfg(feature = "shipping")]
pub async fn ship(
    order: OrderPlaced,
    State(db): State<Db>,
    region: String,
) -> Result<(), ShipError> {
    db.ship(order, region).await
}
#[cfg(feature = "shipping")]
#[doc(hidden)]
#[allow(non_upper_case_globals, unreachable_pub, deprecated)]
pub static __eventkit_handles_ship: framework::eventkit::__private::Handler = {
    const __EVENTKIT_EVENT: framework::eventkit::__private::EventOf<
        OrderPlaced,
        framework::eventkit::__private::Own<OrderPlaced>,
    > = framework::eventkit::__private::owned_event_of::<OrderPlaced>();
    const _: () = __EVENTKIT_EVENT.check_untyped("ship");
    const __eventkit_call: framework::eventkit::__private::Call = {
        fn __eventkit_call<'a>(
            __eventkit_delivery: &'a framework::eventkit::__private::Delivery<'a>,
        ) -> framework::eventkit::__private::OutcomeFuture<'a> {
            framework::eventkit::__private::drop_what_is_not_send_before_each_await(async move {
                {
                    #[allow(unused_imports)]
                    use framework::eventkit::__private::Undecided as _;
                    framework::eventkit::__private::Returned(
                            ship(
                                    (__EVENTKIT_EVENT.get)(__eventkit_delivery)?,
                                    <State<
                                        Db,
                                    > as framework::eventkit::__private::Extract<
                                        '_,
                                    >>::from_delivery(__eventkit_delivery)?,
                                    __eventkit_delivery.extension::<String>("region")?,
                                )
                                .await,
                        )
                        .into_outcome()
                }
            })
        }
        framework::eventkit::__private::Call::Async(__eventkit_call)
    };
    framework::eventkit::__private::Handler::new(
            ::core::concat!(::core::module_path!(), "::", "ship"),
            framework::eventkit::__private::Location::new(
                ::core::file!(),
                ::core::line!(),
                ::core::column!(),
            ),
            &__EVENTKIT_EVENT,
            &[],
            __eventkit_call,
        )
        .at_order(10)
        .in_registry(&crate::SHIPPING)
        .requiring(
            false
                || <State<
                    Db,
                > as framework::eventkit::__private::Extract<'_>>::NEEDS_EVENT || true,
            |__eventkit_requirements| {
                let _ = &__eventkit_requirements;
                <State<
                    Db,
                > as framework::eventkit::__private::Extract<
                    '_,
                >>::requires(__eventkit_requirements);
            },
        )
};
#[cfg(feature = "shipping")]
framework::eventkit::__private::discover_handler!(__eventkit_handles_ship);
