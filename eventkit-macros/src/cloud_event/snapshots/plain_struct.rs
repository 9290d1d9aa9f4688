const _: () = {
    const __EVENTKIT_METADATA: ::eventkit::__private::Metadata = ::eventkit::__private::Metadata {
        ty: "co.outcome.order.placed",
        source: ::core::option::Option::Some("/shop/orders"),
        subject: ::core::option::Option::None,
        data_content_type: "application/json",
        data_schema: ::core::option::Option::None,
        extensions: &[("priority", ::eventkit::__private::AttributeRef::Integer(7i32))],
        json_head: ::core::option::Option::Some(
            "{\"specversion\":\"1.0\",\"source\":\"/shop/orders\",\"type\":\"co.outcome.order.placed\",\"datacontenttype\":\"application/json\",\"priority\":7,\"id\":\"",
        ),
    };
    #[automatically_derived]
    impl OrderPlaced {
        /// The event type.
        pub const TYPE: &'static ::core::primitive::str = "co.outcome.order.placed";
        /// The source, if it is fixed.
        pub const SOURCE: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(
            "/shop/orders",
        );
        /// The media type of the data.
        pub const DATA_CONTENT_TYPE: &'static ::core::primitive::str = "application/json";
        /// The URI of the schema of the data.
        pub const DATA_SCHEMA: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::None;
    }
    #[automatically_derived]
    impl ::eventkit::__private::CloudEvent for OrderPlaced {
        const TYPES: &'static [&'static ::core::primitive::str] = &[
            __EVENTKIT_METADATA.ty,
        ];
        const EXTENSIONS: &'static [&'static [&'static ::core::primitive::str]] = &[
            &["priority"],
        ];
        const DESCRIPTORS: &'static [::eventkit::__private::EventDescriptor] = &[
            ::eventkit::__private::EventDescriptor::new::<
                Self,
            >(&__EVENTKIT_METADATA, &[], &[]),
        ];
        const CLONING: ::eventkit::__private::Cloning<Self> = {
            #[allow(unused_imports)]
            use ::eventkit::__private::NotClone as _;
            ::eventkit::__private::CloneProbe::<Self>::__EVENTKIT_CLONING
        };
        fn event_builder(
            &self,
        ) -> ::core::result::Result<
            ::eventkit::__private::EventBuilder,
            ::eventkit::__private::EncodeError,
        > {
            ::eventkit::__private::EventWriter::write::<
                OrderPlaced,
            >(
                ::eventkit::__private::BuilderWriter,
                ::eventkit::__private::ValueAttributes::Fixed(&__EVENTKIT_METADATA),
                self,
            )
        }
        fn attribute_builder(
            &self,
        ) -> ::core::result::Result<
            ::eventkit::__private::EventBuilder,
            ::eventkit::__private::EncodeError,
        > {
            let __eventkit_builder = ::eventkit::__private::Metadata::builder_without_data(
                &__EVENTKIT_METADATA,
            );
            ::core::result::Result::Ok(__eventkit_builder)
        }
        fn write_to<__eventkit_Writer: ::eventkit::__private::EventWriter>(
            &self,
            __eventkit_writer: __eventkit_Writer,
        ) -> ::core::result::Result<
            <__eventkit_Writer as ::eventkit::__private::EventWriter>::Output,
            ::eventkit::__private::EncodeError,
        > {
            ::eventkit::__private::EventWriter::write::<
                OrderPlaced,
            >(
                __eventkit_writer,
                ::eventkit::__private::ValueAttributes::Fixed(&__EVENTKIT_METADATA),
                self,
            )
        }
        fn from_reader(
            __eventkit_source: &mut dyn ::eventkit::__private::EventReader,
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            ::eventkit::__private::read_data::<
                OrderPlaced,
                Self,
            >(__eventkit_source, __EVENTKIT_METADATA.ty)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<&::eventkit::__private::Event> for OrderPlaced {
        type Error = ::eventkit::__private::DecodeError;
        fn try_from(
            __eventkit_event: &::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            ::eventkit::__private::from_event::<Self>(__eventkit_event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<&OrderPlaced> for ::eventkit::__private::Event {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(
            __eventkit_value: &OrderPlaced,
        ) -> ::core::result::Result<Self, ::eventkit::__private::EncodeError> {
            ::eventkit::__private::into_event::<OrderPlaced>(__eventkit_value)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<::eventkit::__private::Event> for OrderPlaced {
        type Error = ::eventkit::__private::DecodeError;
        fn try_from(
            __eventkit_event: ::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            ::eventkit::__private::from_event::<Self>(&__eventkit_event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<OrderPlaced> for ::eventkit::__private::Event {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(
            __eventkit_value: OrderPlaced,
        ) -> ::core::result::Result<Self, ::eventkit::__private::EncodeError> {
            ::eventkit::__private::into_event::<OrderPlaced>(&__eventkit_value)
        }
    }
    #[automatically_derived]
    impl ::eventkit::__private::EventMembers for OrderPlaced {
        type Members = ::eventkit::__private::Member<OrderPlaced>;
    }
    ::eventkit::__private::discover! {
        EVENT_TYPES : ::eventkit::__private::TypedEvent =
        ::eventkit::__private::TypedEvent::of:: < OrderPlaced > ()
    }
};
