const _: () = {
    const __METADATA: ::eventkit::__private::Metadata = ::eventkit::__private::Metadata {
        ty: "co.outcome.order.placed",
        source: ::core::option::Option::None,
        subject: ::core::option::Option::None,
        data_content_type: "application/json",
        data_schema: ::core::option::Option::None,
        extensions: &[],
    };
    #[automatically_derived]
    impl<T> OrderPlaced<T> {
        /// The event type.
        const TYPE: &'static str = "co.outcome.order.placed";
        /// The source, where it is fixed.
        const SOURCE: ::core::option::Option<&'static str> = ::core::option::Option::None;
        /// The media type of the data.
        const DATA_CONTENT_TYPE: &'static str = "application/json";
        /// The URI of the schema of the data.
        const DATA_SCHEMA: ::core::option::Option<&'static str> = ::core::option::Option::None;
    }
    use ::eventkit::__private::serde as __eventkit_serde;
    #[derive(__eventkit_serde::Serialize)]
    #[serde(
        crate = "__eventkit_serde",
        remote = "OrderPlaced",
        rename = "OrderPlaced",
        expecting = "struct OrderPlaced"
    )]
    #[serde(rename_all = "camelCase")]
    struct __OrderPlacedDefinition<T> {
        tenant: Option<String>,
        #[serde(with = "text")]
        total_cents: u64,
        lines: Vec<T>,
        #[serde(skip)]
        __marker: ::core::marker::PhantomData<fn(*const T)>,
    }
    struct __OrderPlacedView<'__view, T>(&'__view OrderPlaced<T>);
    #[automatically_derived]
    impl<'__view, T> __eventkit_serde::Serialize for __OrderPlacedView<'__view, T>
    where
        T: ::eventkit::__private::serde::Serialize,
    {
        fn serialize<__Serializer: __eventkit_serde::Serializer>(
            &self,
            __serializer: __Serializer,
        ) -> ::core::result::Result<__Serializer::Ok, __Serializer::Error> {
            __OrderPlacedDefinition::<T>::serialize(self.0, __serializer)
        }
    }
    #[derive(__eventkit_serde::Deserialize)]
    #[serde(
        crate = "__eventkit_serde",
        default,
        rename = "OrderPlaced",
        expecting = "struct OrderPlaced"
    )]
    #[serde(rename_all = "camelCase")]
    struct __OrderPlacedData<T> {
        tenant: Option<String>,
        #[serde(with = "text")]
        total_cents: u64,
        lines: Vec<T>,
        #[serde(skip)]
        __marker: ::core::marker::PhantomData<fn(*const T)>,
    }
    #[automatically_derived]
    impl<T> ::core::default::Default for __OrderPlacedData<T>
    where
        OrderPlaced<T>: ::core::default::Default,
    {
        fn default() -> Self {
            let __value: OrderPlaced<T> = ::core::default::Default::default();
            Self {
                tenant: __value.tenant,
                total_cents: __value.total_cents,
                lines: __value.lines,
                __marker: ::core::marker::PhantomData,
            }
        }
    }
    #[automatically_derived]
    impl<T> ::eventkit::__private::CloudEvent for OrderPlaced<T>
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: ::eventkit::__private::serde::Serialize,
        __OrderPlacedData<T>: ::eventkit::__private::serde::de::DeserializeOwned,
    {
        const TYPES: &'static [&'static str] = &[__METADATA.ty];
        fn event_type(&self) -> &'static str {
            __METADATA.ty
        }
        fn try_clone(&self) -> ::core::option::Option<Self> {
            #[allow(unused_imports)]
            use ::eventkit::__private::NotClone as _;
            ::eventkit::__private::CloneProbe(self).try_clone()
        }
        fn event_builder(
            &self,
        ) -> ::core::result::Result<
            ::eventkit::__private::EventBuilder,
            ::eventkit::__private::EncodeError,
        > {
            ::eventkit::__private::EventWriter::write(
                ::eventkit::__private::BuilderWriter,
                ::eventkit::__private::ValueAttributes::Built(
                    <Self as ::eventkit::__private::CloudEvent>::attribute_builder(self)?,
                ),
                &__OrderPlacedView(self),
            )
        }
        fn attribute_builder(
            &self,
        ) -> ::core::result::Result<
            ::eventkit::__private::EventBuilder,
            ::eventkit::__private::EncodeError,
        > {
            let __builder = __METADATA.builder_without_data();
            let __builder = ::eventkit::__private::attribute_field::<String>("subject")
                .set(__builder, &self.customer)?;
            let __builder = ::eventkit::__private::attribute_field::<
                Option<String>,
            >("tenant")
                .set(__builder, &self.tenant)?;
            ::core::result::Result::Ok(__builder)
        }
        fn write_to<__Writer: ::eventkit::__private::EventWriter>(
            &self,
            __writer: __Writer,
        ) -> ::core::result::Result<
            __Writer::Output,
            ::eventkit::__private::EncodeError,
        > {
            ::eventkit::__private::EventWriter::write(
                __writer,
                ::eventkit::__private::ValueAttributes::Built(
                    <Self as ::eventkit::__private::CloudEvent>::attribute_builder(self)?,
                ),
                &__OrderPlacedView(self),
            )
        }
        fn from_reader(
            __source: &mut dyn ::eventkit::__private::EventReader,
        ) -> ::core::result::Result<Self, ::eventkit::__private::DecodeError> {
            let __data = ::eventkit::__private::read_data::<
                __OrderPlacedData<T>,
                Self,
            >(__source, __METADATA.ty)?;
            let __attributes = ::eventkit::__private::EventReader::attributes(__source);
            ::core::result::Result::Ok(Self {
                customer: ::eventkit::__private::attribute_field::<String>("subject")
                    .get(__attributes)?,
                tenant: __data.tenant,
                total_cents: __data.total_cents,
                lines: __data.lines,
            })
        }
    }
    #[automatically_derived]
    impl<T> ::core::convert::TryFrom<&::eventkit::__private::Event> for OrderPlaced<T>
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: ::eventkit::__private::serde::Serialize,
        __OrderPlacedData<T>: ::eventkit::__private::serde::de::DeserializeOwned,
    {
        type Error = ::eventkit::__private::DecodeError;
        fn try_from(
            event: &::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::from_event::<Self>(event)
        }
    }
    #[automatically_derived]
    impl<T> ::core::convert::TryFrom<::eventkit::__private::Event> for OrderPlaced<T>
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: ::eventkit::__private::serde::Serialize,
        __OrderPlacedData<T>: ::eventkit::__private::serde::de::DeserializeOwned,
    {
        type Error = ::eventkit::__private::DecodeError;
        fn try_from(
            event: ::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::from_event::<Self>(&event)
        }
    }
    #[automatically_derived]
    impl<T> ::core::convert::TryFrom<OrderPlaced<T>> for ::eventkit::__private::Event
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: ::eventkit::__private::serde::Serialize,
        __OrderPlacedData<T>: ::eventkit::__private::serde::de::DeserializeOwned,
    {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(value: OrderPlaced<T>) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::into_event::<OrderPlaced<T>>(&value)
        }
    }
    #[automatically_derived]
    impl<T> ::core::convert::TryFrom<&OrderPlaced<T>> for ::eventkit::__private::Event
    where
        OrderPlaced<T>: ::core::marker::Send + ::core::marker::Sync + 'static,
        T: ::eventkit::__private::serde::Serialize,
        __OrderPlacedData<T>: ::eventkit::__private::serde::de::DeserializeOwned,
    {
        type Error = ::eventkit::__private::EncodeError;
        fn try_from(
            value: &OrderPlaced<T>,
        ) -> ::core::result::Result<Self, Self::Error> {
            ::eventkit::__private::into_event::<OrderPlaced<T>>(value)
        }
    }
};
