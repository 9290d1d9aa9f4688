#[cfg(feature = "shipping")]
pub async fn ship(
    order: OrderPlaced,
    State(db): State<Db>,
    region: String,
) -> Result<(), ShipError> {
    db.ship(order, region).await
}
#[cfg(feature = "shipping")]
#[framework::eventkit::__private::__items(
    #[doc(hidden)]#[allow(non_upper_case_globals, unreachable_pub, deprecated)]pub
    static
    __eventkit_handler_where_fn_ship_is_defined:framework::eventkit::__private::HandlerEntry = {let
    __eventkit_metadata = framework::eventkit::__private::HandlerMetadata{order:10,
    registry:::core::option::Option::Some(
        framework::eventkit::__private::Registry::key(&crate::SHIPPING)
    ),
    needs_event:false||<State<Db>as
    framework::eventkit::__private::ExtractAsync<'_>>::NEEDS_EVENT||true,
    sends:&[<State<Db>as
    framework::eventkit::__private::ExtractAsync<'_>>::EMITS],
    requires:|__eventkit_requirements|{let
    _ = &__eventkit_requirements;<State<Db>as
    framework::eventkit::__private::ExtractAsync<'_>>::requires(
        __eventkit_requirements
    );},
    ..framework::eventkit::__private::HandlerMetadata::new(
        ::core::concat!(::core::module_path!(), "::", "ship"),
        framework::eventkit::__private::Location::new(
            ::core::file!(),
            ::core::line!(),
            ::core::column!()
        ),
        ::core::option::Option::None,
        &[],
    )};{const
    __EVENTKIT_CLONING:framework::eventkit::__private::Cloning<OrderPlaced>= {#[allow(
        unused_imports
    )]use
    framework::eventkit::__private::NotClone
    as
    _;framework::eventkit::__private::CloneProbe::<OrderPlaced>::__EVENTKIT_CLONING};const
    __EVENTKIT_EVENT:framework::eventkit::__private::EventMeta<framework::eventkit::__private::OwnEvent<OrderPlaced>>= framework::eventkit::__private::owned_event::<OrderPlaced>(
        __EVENTKIT_CLONING
    );const
    _:()= __EVENTKIT_EVENT.check_untyped("ship");const
    __eventkit_call:framework::eventkit::__private::Call = {fn
    __eventkit_call<'a>(
        __eventkit_invocation:&'a
        framework::eventkit::__private::Invocation<'a>
    )->framework::eventkit::__private::OutcomeFuture<'a>{framework::eventkit::__private::require_send(
        async
        move{{#[allow(unused_imports)]use
        framework::eventkit::__private::{AutorefOutcome
        as
        _,
        AutorefPointer
        as
        _,
        AutorefResult
        as
        _};framework::eventkit::__private::Returned::new(
            ship(
                framework::eventkit::__private::EventMeta::own(
                    &__EVENTKIT_EVENT,
                    __eventkit_invocation
                )?,
                <State<Db>as
                framework::eventkit::__private::ExtractAsync<'_>>::extracting(
                    __eventkit_invocation
                ).await?,
                framework::eventkit::__private::Invocation::extension::<String>(
                    __eventkit_invocation,
                    "region"
                )?
            ).await
        ).__eventkit_outcome(__eventkit_invocation)}}
    )}framework::eventkit::__private::Call::Async(
        __eventkit_call
    )};framework::eventkit::__private::HandlerEntry::new(
        __eventkit_metadata,
        __EVENTKIT_EVENT.typed,
        &[],
        __eventkit_call
    )}};framework::eventkit::__private::discover!{HANDLERS:&'static
    framework::eventkit::__private::HandlerEntry = &__eventkit_handler_where_fn_ship_is_defined}
)]
impl () {}
