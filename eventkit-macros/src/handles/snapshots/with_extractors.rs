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
pub static __handles_ship: framework::eventkit::__private::HandlerEntry = {
    const EVENT: framework::eventkit::__private::EventMeta<
        OrderPlaced,
        framework::eventkit::__private::OwnEvent<OrderPlaced>,
    > = framework::eventkit::__private::owned_event::<OrderPlaced>();
    const _: () = EVENT.check_untyped("ship");
    const call: framework::eventkit::__private::Call = {
        fn call<'a>(
            invocation: &'a framework::eventkit::__private::Invocation<'a>,
        ) -> framework::eventkit::__private::OutcomeFuture<'a> {
            framework::eventkit::__private::require_send(async move {
                {
                    #[allow(unused_imports)]
                    use framework::eventkit::__private::AutorefOutcome as _;
                    framework::eventkit::__private::Returned(
                            ship(
                                    (EVENT.get)(invocation)?,
                                    <State<
                                        Db,
                                    > as framework::eventkit::__private::Extract<
                                        '_,
                                    >>::from_invocation(invocation)?,
                                    invocation.extension::<String>("region")?,
                                )
                                .await,
                        )
                        .into_outcome()
                }
            })
        }
        framework::eventkit::__private::Call::Async(call)
    };
    let handler = framework::eventkit::__private::Handler::new(
            ::core::concat!(::core::module_path!(), "::", "ship"),
            framework::eventkit::__private::Location::new(
                ::core::file!(),
                ::core::line!(),
                ::core::column!(),
            ),
            EVENT.typed,
            &[],
        )
        .with_order(10)
        .with_registry(framework::eventkit::__private::Registry::key(&crate::SHIPPING))
        .with_requirements(
            false
                || <State<
                    Db,
                > as framework::eventkit::__private::Extract<'_>>::NEEDS_EVENT || true,
            |requirements| {
                let _ = &requirements;
                <State<
                    Db,
                > as framework::eventkit::__private::Extract<
                    '_,
                >>::requires(requirements);
            },
        );
    framework::eventkit::__private::HandlerEntry::new(handler, call)
};
#[cfg(feature = "shipping")]
framework::eventkit::__private::discover_handler!(__handles_ship);
