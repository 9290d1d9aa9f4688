const _: () = {
    use ::eventkit::__private::check_variant as __eventkit_check_variant;
    const __EVENTKIT_VARIANTS: &[(
        &::core::primitive::str,
        &[&::core::primitive::str],
    )] = &[
        ("Placed", <OrderPlaced as ::eventkit::__private::CloudEvent>::TYPES),
        ("Paid", <OrderPaid as ::eventkit::__private::CloudEvent>::TYPES),
    ];
    const _: () = __eventkit_check_variant("OrderEvent", __EVENTKIT_VARIANTS, 0usize);
    const _: () = __eventkit_check_variant("OrderEvent", __EVENTKIT_VARIANTS, 1usize);
    #[allow(unused_imports)]
    use ::eventkit::__private::NotClone as _;
    #[automatically_derived]
    impl ::eventkit::__private::CloudEvent for OrderEvent {
        const TYPES: &'static [&'static ::core::primitive::str] = &::eventkit::__private::single_types::<
            2usize,
        >(
            "OrderEvent",
            &[
                ("Placed", <OrderPlaced as ::eventkit::__private::CloudEvent>::TYPES),
                ("Paid", <OrderPaid as ::eventkit::__private::CloudEvent>::TYPES),
            ],
            false,
        );
        const CLOSED_SET: ::core::primitive::bool = true;
        const EXTENSIONS: &'static [&'static [&'static ::core::primitive::str]] = &::eventkit::__private::single_extensions::<
            2usize,
        >(
            &[
                <OrderPlaced as ::eventkit::__private::CloudEvent>::EXTENSIONS,
                <OrderPaid as ::eventkit::__private::CloudEvent>::EXTENSIONS,
            ],
        );
        const DESCRIPTORS: &'static [::eventkit::__private::EventDescriptor] = ::eventkit::__private::all_or_none(
            &::eventkit::__private::single_descriptors::<
                2usize,
            >(
                &[
                    <OrderPlaced as ::eventkit::__private::CloudEvent>::DESCRIPTORS,
                    <OrderPaid as ::eventkit::__private::CloudEvent>::DESCRIPTORS,
                ],
            ),
        );
        const WITHOUT_SOURCE: ::core::option::Option<&'static ::core::primitive::str> = ::eventkit::__private::first_without_source(
            &[
                <OrderPlaced as ::eventkit::__private::CloudEvent>::WITHOUT_SOURCE,
                <OrderPaid as ::eventkit::__private::CloudEvent>::WITHOUT_SOURCE,
            ],
        );
        const VARIANTS: &'static [::eventkit::__private::VariantType] = &[
            ::eventkit::__private::VariantType::of::<
                OrderPlaced,
            >(::eventkit::__private::CloneProbe::<OrderPlaced>::__EVENTKIT_CLONING),
            ::eventkit::__private::VariantType::of::<
                OrderPaid,
            >(::eventkit::__private::CloneProbe::<OrderPaid>::__EVENTKIT_CLONING),
        ];
        fn event_type(&self) -> &::core::primitive::str {
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
            <__eventkit_Writer as ::eventkit::__private::EventWriter>::Output,
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
        fn from_shared(
            __eventkit_source: &dyn ::eventkit::__private::SharedEvent,
        ) -> ::core::result::Result<Self, ::eventkit::__private::SharedError> {
            match ::eventkit::__private::shared_position(
                __eventkit_source,
                <Self as ::eventkit::__private::CloudEvent>::TYPES,
            )? {
                0usize => {
                    ::core::result::Result::map(
                        <OrderPlaced as ::eventkit::__private::CloudEvent>::from_shared_for_variant(
                            __eventkit_source,
                            ::eventkit::__private::CloneProbe::<
                                OrderPlaced,
                            >::__EVENTKIT_CLONING,
                        ),
                        Self::Placed,
                    )
                }
                _ => {
                    ::core::result::Result::map(
                        <OrderPaid as ::eventkit::__private::CloudEvent>::from_shared_for_variant(
                            __eventkit_source,
                            ::eventkit::__private::CloneProbe::<
                                OrderPaid,
                            >::__EVENTKIT_CLONING,
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
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            ::eventkit::__private::from_event::<Self>(__eventkit_event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<&OrderEvent> for ::eventkit::__private::Event {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(
            __eventkit_value: &OrderEvent,
        ) -> ::core::result::Result<Self, ::eventkit::__private::EncodeError> {
            ::eventkit::__private::into_event::<OrderEvent>(__eventkit_value)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<::eventkit::__private::Event> for OrderEvent {
        type Error = ::eventkit::__private::DecodeError;
        fn try_from(
            __eventkit_event: ::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            ::eventkit::__private::from_event::<Self>(&__eventkit_event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<OrderEvent> for ::eventkit::__private::Event {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(
            __eventkit_value: OrderEvent,
        ) -> ::core::result::Result<Self, ::eventkit::__private::EncodeError> {
            ::eventkit::__private::into_event::<OrderEvent>(&__eventkit_value)
        }
    }
    #[automatically_derived]
    impl ::eventkit::__private::Includes<OrderPlaced> for OrderEvent {}
    #[automatically_derived]
    impl ::eventkit::__private::Includes<OrderPaid> for OrderEvent {}
    #[automatically_derived]
    impl ::eventkit::__private::EventMembers for OrderEvent {
        type Members = (
            ::eventkit::__private::Variant<OrderPlaced>,
            (::eventkit::__private::Variant<OrderPaid>, ()),
        );
    }
};
