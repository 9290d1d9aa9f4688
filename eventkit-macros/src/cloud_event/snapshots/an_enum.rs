const _: () = {
    use ::eventkit::__private::check_variant as __check_variant;
    const __VARIANTS: &[(&str, &[&str])] = &[
        ("Placed", <OrderPlaced as ::eventkit::__private::CloudEvent>::TYPES),
        ("Paid", <OrderPaid as ::eventkit::__private::CloudEvent>::TYPES),
    ];
    const _: () = __check_variant("OrderEvent", __VARIANTS, 0usize);
    const _: () = __check_variant("OrderEvent", __VARIANTS, 1usize);
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
                Self::Placed(__event) => {
                    <OrderPlaced as ::eventkit::__private::CloudEvent>::event_type(
                        __event,
                    )
                }
                Self::Paid(__event) => {
                    <OrderPaid as ::eventkit::__private::CloudEvent>::event_type(__event)
                }
            }
        }
        fn payload(
            &self,
        ) -> &(dyn ::core::any::Any + ::core::marker::Send + ::core::marker::Sync) {
            match self {
                Self::Placed(__event) => {
                    <OrderPlaced as ::eventkit::__private::CloudEvent>::payload(__event)
                }
                Self::Paid(__event) => {
                    <OrderPaid as ::eventkit::__private::CloudEvent>::payload(__event)
                }
            }
        }
        fn try_clone(&self) -> ::core::option::Option<Self> {
            match self {
                Self::Placed(__event) => {
                    let __event = <OrderPlaced as ::eventkit::__private::CloudEvent>::try_clone(
                        __event,
                    );
                    ::core::option::Option::map(__event, Self::Placed)
                }
                Self::Paid(__event) => {
                    let __event = <OrderPaid as ::eventkit::__private::CloudEvent>::try_clone(
                        __event,
                    );
                    ::core::option::Option::map(__event, Self::Paid)
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
                Self::Placed(__event) => {
                    <OrderPlaced as ::eventkit::__private::CloudEvent>::event_builder(
                        __event,
                    )
                }
                Self::Paid(__event) => {
                    <OrderPaid as ::eventkit::__private::CloudEvent>::event_builder(
                        __event,
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
                Self::Placed(__event) => {
                    <OrderPlaced as ::eventkit::__private::CloudEvent>::attribute_builder(
                        __event,
                    )
                }
                Self::Paid(__event) => {
                    <OrderPaid as ::eventkit::__private::CloudEvent>::attribute_builder(
                        __event,
                    )
                }
            }
        }
        fn write_to<__Writer: ::eventkit::__private::EventWriter>(
            &self,
            __writer: __Writer,
        ) -> ::core::result::Result<
            __Writer::Output,
            ::eventkit::__private::EncodeError,
        > {
            match self {
                Self::Placed(__event) => {
                    <OrderPlaced as ::eventkit::__private::CloudEvent>::write_to(
                        __event,
                        __writer,
                    )
                }
                Self::Paid(__event) => {
                    <OrderPaid as ::eventkit::__private::CloudEvent>::write_to(
                        __event,
                        __writer,
                    )
                }
            }
        }
        fn from_reader(
            __source: &mut dyn ::eventkit::__private::EventReader,
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            match ::eventkit::__private::position(
                __source,
                <Self as ::eventkit::__private::CloudEvent>::TYPES,
            )? {
                0usize => {
                    ::core::result::Result::map(
                        <OrderPlaced as ::eventkit::__private::CloudEvent>::from_reader(
                            __source,
                        ),
                        Self::Placed,
                    )
                }
                _ => {
                    ::core::result::Result::map(
                        <OrderPaid as ::eventkit::__private::CloudEvent>::from_reader(
                            __source,
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
            event: &::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::from_event::<Self>(event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<::eventkit::__private::Event> for OrderEvent {
        type Error = ::eventkit::__private::DecodeError;
        fn try_from(
            event: ::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::from_event::<Self>(&event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<OrderEvent> for ::eventkit::__private::Event {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(value: OrderEvent) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::into_event::<OrderEvent>(&value)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<&OrderEvent> for ::eventkit::__private::Event {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(value: &OrderEvent) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::into_event::<OrderEvent>(value)
        }
    }
};
