const _: () = {
    use ::eventkit::__private::check_variant as __eventkit_check_variant;
    const __EVENTKIT_VARIANTS: &[(&str, &[&str])] = &[
        ("Placed", <OrderPlaced as ::eventkit::__private::CloudEvent>::TYPES),
        ("Paid", <OrderPaid as ::eventkit::__private::CloudEvent>::TYPES),
    ];
    const _: () = __eventkit_check_variant("OrderEvent", __EVENTKIT_VARIANTS, 0usize);
    const _: () = __eventkit_check_variant("OrderEvent", __EVENTKIT_VARIANTS, 1usize);
    #[automatically_derived]
    impl ::eventkit::__private::CloudEvent for OrderEvent {
        const TYPES: &'static [&'static str] = &[
            ::eventkit::__private::single(
                <OrderPlaced as ::eventkit::__private::CloudEvent>::TYPES,
            ),
            ::eventkit::__private::single(
                <OrderPaid as ::eventkit::__private::CloudEvent>::TYPES,
            ),
        ];
        const CLOSED_SET: bool = true;
        fn event_type(&self) -> &'static str {
            match self {
                Self::Placed(__eventkit_event) => {
                    <OrderPlaced as ::eventkit::__private::CloudEvent>::event_type(
                        __eventkit_event,
                    )
                }
                Self::Paid(__eventkit_event) => {
                    <OrderPaid as ::eventkit::__private::CloudEvent>::event_type(
                        __eventkit_event,
                    )
                }
            }
        }
        fn payload(
            &self,
        ) -> &(dyn ::core::any::Any + ::core::marker::Send + ::core::marker::Sync) {
            match self {
                Self::Placed(__eventkit_event) => {
                    <OrderPlaced as ::eventkit::__private::CloudEvent>::payload(
                        __eventkit_event,
                    )
                }
                Self::Paid(__eventkit_event) => {
                    <OrderPaid as ::eventkit::__private::CloudEvent>::payload(
                        __eventkit_event,
                    )
                }
            }
        }
        fn try_clone(&self) -> ::core::option::Option<Self> {
            match self {
                Self::Placed(__eventkit_event) => {
                    let __eventkit_event = <OrderPlaced as ::eventkit::__private::CloudEvent>::try_clone(
                        __eventkit_event,
                    );
                    ::core::option::Option::map(__eventkit_event, Self::Placed)
                }
                Self::Paid(__eventkit_event) => {
                    let __eventkit_event = <OrderPaid as ::eventkit::__private::CloudEvent>::try_clone(
                        __eventkit_event,
                    );
                    ::core::option::Option::map(__eventkit_event, Self::Paid)
                }
            }
        }
        fn event_builder(
            &self,
        ) -> ::core::result::Result<
            ::eventkit::__private::EventBuilder,
            ::eventkit::__private::EncodeError,
        > {
            match self {
                Self::Placed(__eventkit_event) => {
                    <OrderPlaced as ::eventkit::__private::CloudEvent>::event_builder(
                        __eventkit_event,
                    )
                }
                Self::Paid(__eventkit_event) => {
                    <OrderPaid as ::eventkit::__private::CloudEvent>::event_builder(
                        __eventkit_event,
                    )
                }
            }
        }
        fn attribute_builder(
            &self,
        ) -> ::core::result::Result<
            ::eventkit::__private::EventBuilder,
            ::eventkit::__private::EncodeError,
        > {
            match self {
                Self::Placed(__eventkit_event) => {
                    <OrderPlaced as ::eventkit::__private::CloudEvent>::attribute_builder(
                        __eventkit_event,
                    )
                }
                Self::Paid(__eventkit_event) => {
                    <OrderPaid as ::eventkit::__private::CloudEvent>::attribute_builder(
                        __eventkit_event,
                    )
                }
            }
        }
        fn write_to<__eventkit_Writer: ::eventkit::__private::EventWriter>(
            &self,
            __eventkit_writer: __eventkit_Writer,
        ) -> ::core::result::Result<
            __eventkit_Writer::Output,
            ::eventkit::__private::EncodeError,
        > {
            match self {
                Self::Placed(__eventkit_event) => {
                    <OrderPlaced as ::eventkit::__private::CloudEvent>::write_to(
                        __eventkit_event,
                        __eventkit_writer,
                    )
                }
                Self::Paid(__eventkit_event) => {
                    <OrderPaid as ::eventkit::__private::CloudEvent>::write_to(
                        __eventkit_event,
                        __eventkit_writer,
                    )
                }
            }
        }
        fn from_reader(
            __eventkit_source: &mut dyn ::eventkit::__private::EventReader,
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            match ::eventkit::__private::position(
                __eventkit_source,
                <Self as ::eventkit::__private::CloudEvent>::TYPES,
            )? {
                0usize => {
                    ::core::result::Result::map(
                        <OrderPlaced as ::eventkit::__private::CloudEvent>::from_reader(
                            __eventkit_source,
                        ),
                        Self::Placed,
                    )
                }
                _ => {
                    ::core::result::Result::map(
                        <OrderPaid as ::eventkit::__private::CloudEvent>::from_reader(
                            __eventkit_source,
                        ),
                        Self::Paid,
                    )
                }
            }
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<&::eventkit::__private::Event> for OrderEvent {
        type Error = ::eventkit::__private::DecodeError;
        fn try_from(
            __eventkit_event: &::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::from_event::<Self>(__eventkit_event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<&OrderEvent> for ::eventkit::__private::Event {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(
            __eventkit_value: &OrderEvent,
        ) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::into_event::<OrderEvent>(__eventkit_value)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<::eventkit::__private::Event> for OrderEvent {
        type Error = ::eventkit::__private::DecodeError;
        fn try_from(
            __eventkit_event: ::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::from_event::<Self>(&__eventkit_event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<OrderEvent> for ::eventkit::__private::Event {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(
            __eventkit_value: OrderEvent,
        ) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::into_event::<OrderEvent>(&__eventkit_value)
        }
    }
};
