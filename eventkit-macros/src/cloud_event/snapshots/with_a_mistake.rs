::core::compile_error! {
    "`OrderPlaced` has no event type: add `#[cloudevent(type = \"com.example.order.placed\")]`"
}
const _: () = {
    #[automatically_derived]
    impl<T> OrderPlaced<T> {
        /// The event type.
        const TYPE: &'static ::core::primitive::str = "OrderPlaced";
        /// The source, if it is fixed.
        const SOURCE: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(
            "/shop/orders",
        );
        /// The media type of the data.
        const DATA_CONTENT_TYPE: &'static ::core::primitive::str = "application/json";
        /// The URI of the schema of the data.
        const DATA_SCHEMA: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::None;
    }
    #[automatically_derived]
    impl<T> ::eventkit::__private::CloudEvent for OrderPlaced<T>
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        const TYPES: &'static [&'static ::core::primitive::str] = &["OrderPlaced"];
        fn event_builder(
            &self,
        ) -> ::core::result::Result<
            ::eventkit::__private::EventBuilder,
            ::eventkit::__private::EncodeError,
        > {
            ::core::unimplemented!()
        }
        fn from_reader(
            __eventkit_source: &mut dyn ::eventkit::__private::EventReader,
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            ::core::unimplemented!()
        }
    }
    #[automatically_derived]
    impl<T> ::core::convert::TryFrom<&::eventkit::__private::Event> for OrderPlaced<T>
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        type Error = ::eventkit::__private::DecodeError;
        fn try_from(
            __eventkit_event: &::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            ::eventkit::__private::from_event::<Self>(__eventkit_event)
        }
    }
    #[automatically_derived]
    impl<T> ::core::convert::TryFrom<&OrderPlaced<T>> for ::eventkit::__private::Event
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(
            __eventkit_value: &OrderPlaced<T>,
        ) -> ::core::result::Result<Self, ::eventkit::__private::EncodeError> {
            ::eventkit::__private::into_event::<OrderPlaced<T>>(__eventkit_value)
        }
    }
    #[automatically_derived]
    impl<T> ::core::convert::TryFrom<::eventkit::__private::Event> for OrderPlaced<T>
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        type Error = ::eventkit::__private::DecodeError;
        fn try_from(
            __eventkit_event: ::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            ::eventkit::__private::from_event::<Self>(&__eventkit_event)
        }
    }
    #[automatically_derived]
    impl<T> ::core::convert::TryFrom<OrderPlaced<T>> for ::eventkit::__private::Event
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
    {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(
            __eventkit_value: OrderPlaced<T>,
        ) -> ::core::result::Result<Self, ::eventkit::__private::EncodeError> {
            ::eventkit::__private::into_event::<OrderPlaced<T>>(&__eventkit_value)
        }
    }
    #[automatically_derived]
    impl<T> ::eventkit::__private::EventMembers for OrderPlaced<T> {
        type Members = ();
    }
};
