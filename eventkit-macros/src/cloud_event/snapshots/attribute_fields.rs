const _: () = {
    const __EVENTKIT_METADATA: ::eventkit::__private::Metadata = ::eventkit::__private::Metadata {
        ty: "co.outcome.order.placed",
        source: ::core::option::Option::None,
        subject: ::core::option::Option::None,
        data_content_type: "application/json",
        data_schema: ::core::option::Option::None,
        extensions: &[],
        json_head: ::core::option::Option::None,
    };
    #[automatically_derived]
    impl<T> OrderPlaced<T> {
        /// The event type.
        const TYPE: &'static ::core::primitive::str = "co.outcome.order.placed";
        /// The source, if it is fixed.
        const SOURCE: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::None;
        /// The media type of the data.
        const DATA_CONTENT_TYPE: &'static ::core::primitive::str = "application/json";
        /// The URI of the schema of the data.
        const DATA_SCHEMA: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::None;
    }
    use ::eventkit::__private::serde as __eventkit_serde;
    #[derive(__eventkit_serde::Serialize)]
    #[serde(remote = "OrderPlaced")]
    #[allow(non_snake_case)]
    #[serde(
        crate = "__eventkit_serde",
        rename = "OrderPlaced",
        expecting = "struct OrderPlaced"
    )]
    #[serde(rename_all = "camelCase")]
    struct __eventkit_OrderPlacedRemote<T> {
        tenant: Option<String>,
        #[serde(with = "text")]
        total_cents: u64,
        lines: Vec<T>,
        #[serde(skip)]
        __eventkit_marker: ::core::marker::PhantomData<fn(*const T)>,
    }
    struct __eventkit_OrderPlacedView<'__eventkit_view, T>(
        &'__eventkit_view OrderPlaced<T>,
    );
    #[automatically_derived]
    impl<'__eventkit_view, T> __eventkit_serde::Serialize
    for __eventkit_OrderPlacedView<'__eventkit_view, T>
    where
        T: ::eventkit::__private::serde::Serialize,
    {
        fn serialize<__eventkit_Serializer: __eventkit_serde::Serializer>(
            &self,
            __eventkit_serializer: __eventkit_Serializer,
        ) -> ::core::result::Result<
            <__eventkit_Serializer as __eventkit_serde::Serializer>::Ok,
            <__eventkit_Serializer as __eventkit_serde::Serializer>::Error,
        > {
            __eventkit_OrderPlacedRemote::<T>::serialize(self.0, __eventkit_serializer)
        }
    }
    #[derive(__eventkit_serde::Deserialize)]
    #[serde(default)]
    #[allow(non_snake_case)]
    #[serde(
        crate = "__eventkit_serde",
        rename = "OrderPlaced",
        expecting = "struct OrderPlaced"
    )]
    #[serde(rename_all = "camelCase")]
    struct __eventkit_OrderPlacedData<T> {
        tenant: Option<String>,
        #[serde(with = "text")]
        total_cents: u64,
        lines: Vec<T>,
        #[serde(skip)]
        __eventkit_marker: ::core::marker::PhantomData<fn(*const T)>,
    }
    #[automatically_derived]
    impl<T> ::core::default::Default for __eventkit_OrderPlacedData<T>
    where
        OrderPlaced<T>: ::core::default::Default,
    {
        fn default() -> Self {
            let __eventkit_value: OrderPlaced<T> = ::core::default::Default::default();
            Self {
                tenant: __eventkit_value.tenant,
                total_cents: __eventkit_value.total_cents,
                lines: __eventkit_value.lines,
                __eventkit_marker: ::core::marker::PhantomData,
            }
        }
    }
    #[automatically_derived]
    impl<T> ::eventkit::__private::CloudEvent for OrderPlaced<T>
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: ::eventkit::__private::serde::Serialize,
        __eventkit_OrderPlacedData<
            T,
        >: ::eventkit::__private::serde::de::DeserializeOwned,
    {
        const TYPES: &'static [&'static ::core::primitive::str] = &[
            __EVENTKIT_METADATA.ty,
        ];
        const EXTENSIONS: &'static [&'static [&'static ::core::primitive::str]] = &[
            &["tenant"],
        ];
        const DESCRIPTORS: &'static [::eventkit::__private::EventDescriptor] = &[
            ::eventkit::__private::EventDescriptor::new::<
                Self,
            >(
                &__EVENTKIT_METADATA,
                &[
                    ::eventkit::__private::FieldDescriptor::new(
                        "subject",
                        "customer",
                        false,
                    ),
                    ::eventkit::__private::FieldDescriptor::new("tenant", "tenant", true),
                ],
                &[],
            ),
        ];
        const WITHOUT_SOURCE: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(
            __EVENTKIT_METADATA.ty,
        );
        fn event_builder(
            &self,
        ) -> ::core::result::Result<
            ::eventkit::__private::EventBuilder,
            ::eventkit::__private::EncodeError,
        > {
            ::eventkit::__private::EventWriter::write::<
                _,
            >(
                ::eventkit::__private::BuilderWriter,
                ::eventkit::__private::ValueAttributes::Built(
                    <Self as ::eventkit::__private::CloudEvent>::attribute_builder(self)?,
                ),
                &__eventkit_OrderPlacedView(self),
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
            let __eventkit_builder = ::eventkit::__private::AttributeField::set(
                &::eventkit::__private::attribute_field::<String>("subject"),
                __eventkit_builder,
                &self.customer,
            )?;
            let __eventkit_builder = ::eventkit::__private::AttributeField::set(
                &::eventkit::__private::attribute_field::<Option<String>>("tenant"),
                __eventkit_builder,
                &self.tenant,
            )?;
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
                _,
            >(
                __eventkit_writer,
                ::eventkit::__private::ValueAttributes::Built(
                    <Self as ::eventkit::__private::CloudEvent>::attribute_builder(self)?,
                ),
                &__eventkit_OrderPlacedView(self),
            )
        }
        fn from_reader(
            __eventkit_source: &mut dyn ::eventkit::__private::EventReader,
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            let __eventkit_data = ::eventkit::__private::read_data::<
                __eventkit_OrderPlacedData<T>,
                Self,
            >(__eventkit_source, __EVENTKIT_METADATA.ty)?;
            let __eventkit_attributes = ::eventkit::__private::EventReader::attributes(
                __eventkit_source,
            );
            ::core::result::Result::Ok(Self {
                customer: ::eventkit::__private::AttributeField::get(
                    &::eventkit::__private::attribute_field::<String>("subject"),
                    __eventkit_attributes,
                )?,
                tenant: __eventkit_data.tenant,
                total_cents: __eventkit_data.total_cents,
                lines: __eventkit_data.lines,
            })
        }
    }
    #[automatically_derived]
    impl<T> ::core::convert::TryFrom<&::eventkit::__private::Event> for OrderPlaced<T>
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: ::eventkit::__private::serde::Serialize,
        __eventkit_OrderPlacedData<
            T,
        >: ::eventkit::__private::serde::de::DeserializeOwned,
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
        T: ::eventkit::__private::serde::Serialize,
        __eventkit_OrderPlacedData<
            T,
        >: ::eventkit::__private::serde::de::DeserializeOwned,
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
        T: ::eventkit::__private::serde::Serialize,
        __eventkit_OrderPlacedData<
            T,
        >: ::eventkit::__private::serde::de::DeserializeOwned,
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
        T: ::eventkit::__private::serde::Serialize,
        __eventkit_OrderPlacedData<
            T,
        >: ::eventkit::__private::serde::de::DeserializeOwned,
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
        type Members = ::eventkit::__private::Member<OrderPlaced<T>>;
    }
};
