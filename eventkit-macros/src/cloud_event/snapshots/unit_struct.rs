const _: () = {
    const __EVENTKIT_METADATA: framework::eventkit::__private::Metadata = framework::eventkit::__private::Metadata {
        ty: "co.outcome.tick",
        source: ::core::option::Option::None,
        subject: ::core::option::Option::None,
        data_content_type: "application/json",
        data_schema: ::core::option::Option::None,
        extensions: &[],
        json_head: ::core::option::Option::None,
    };
    #[automatically_derived]
    impl Tick {
        /// The event type.
        const TYPE: &'static ::core::primitive::str = "co.outcome.tick";
        /// The source, if it is fixed.
        const SOURCE: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::None;
        /// The media type of the data.
        const DATA_CONTENT_TYPE: &'static ::core::primitive::str = "application/json";
        /// The URI of the schema of the data.
        const DATA_SCHEMA: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::None;
    }
    #[automatically_derived]
    impl framework::eventkit::__private::CloudEvent for Tick {
        const TYPES: &'static [&'static ::core::primitive::str] = &[
            __EVENTKIT_METADATA.ty,
        ];
        const EXTENSIONS: &'static [&'static [&'static ::core::primitive::str]] = &[&[]];
        const DESCRIPTORS: &'static [framework::eventkit::__private::EventDescriptor] = &[
            framework::eventkit::__private::EventDescriptor::new::<
                Self,
            >(&__EVENTKIT_METADATA, &[], &[]),
        ];
        const WITHOUT_SOURCE: ::core::option::Option<&'static ::core::primitive::str> = ::core::option::Option::Some(
            __EVENTKIT_METADATA.ty,
        );
        const CLONING: framework::eventkit::__private::Cloning<Self> = {
            #[allow(unused_imports)]
            use framework::eventkit::__private::NotClone as _;
            framework::eventkit::__private::CloneProbe::<Self>::__EVENTKIT_CLONING
        };
        fn event_builder(
            &self,
        ) -> ::core::result::Result<
            framework::eventkit::__private::EventBuilder,
            framework::eventkit::__private::EncodeError,
        > {
            let __eventkit_builder = framework::eventkit::__private::Metadata::builder(
                &__EVENTKIT_METADATA,
            );
            ::core::result::Result::Ok(__eventkit_builder)
        }
        fn from_reader(
            __eventkit_source: &mut dyn framework::eventkit::__private::EventReader,
        ) -> ::core::result::Result<Self, framework::eventkit::__private::DecodeError> {
            framework::eventkit::__private::EventReader::read_attributes(
                __eventkit_source,
                __EVENTKIT_METADATA.ty,
            )?;
            let __eventkit_attributes = framework::eventkit::__private::EventReader::attributes(
                __eventkit_source,
            );
            ::core::result::Result::Ok(Self {})
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<&framework::eventkit::__private::Event> for Tick {
        type Error = framework::eventkit::__private::DecodeError;
        fn try_from(
            __eventkit_event: &framework::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, framework::eventkit::__private::DecodeError> {
            framework::eventkit::__private::from_event::<Self>(__eventkit_event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<&Tick> for framework::eventkit::__private::Event {
        type Error = framework::eventkit::__private::EncodeError;
        fn try_from(
            __eventkit_value: &Tick,
        ) -> ::core::result::Result<Self, framework::eventkit::__private::EncodeError> {
            framework::eventkit::__private::into_event::<Tick>(__eventkit_value)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<framework::eventkit::__private::Event> for Tick {
        type Error = framework::eventkit::__private::DecodeError;
        fn try_from(
            __eventkit_event: framework::eventkit::__private::Event,
        ) -> ::core::result::Result<Self, framework::eventkit::__private::DecodeError> {
            framework::eventkit::__private::from_event::<Self>(&__eventkit_event)
        }
    }
    #[automatically_derived]
    impl ::core::convert::TryFrom<Tick> for framework::eventkit::__private::Event {
        type Error = framework::eventkit::__private::EncodeError;
        fn try_from(
            __eventkit_value: Tick,
        ) -> ::core::result::Result<Self, framework::eventkit::__private::EncodeError> {
            framework::eventkit::__private::into_event::<Tick>(&__eventkit_value)
        }
    }
    #[automatically_derived]
    impl framework::eventkit::__private::EventMembers for Tick {
        type Members = framework::eventkit::__private::Member<Tick>;
    }
    framework::eventkit::__private::discover! {
        EVENT_TYPES : framework::eventkit::__private::TypedEvent =
        framework::eventkit::__private::TypedEvent::of:: < Tick > ()
    }
};
