#[automatically_derived]
impl<T> framework::eventkit::HandlerError for ShipError<T>
where
    T: Debug,
{
    fn decision(&self) -> framework::eventkit::Decision {
        match *self {
            Self::CarrierBusy { .. } => {
                framework::eventkit::Decision::Retry {
                    after: ::core::option::Option::Some(
                        ::core::time::Duration::from_millis(5000u64),
                    ),
                }
            }
            Self::Database { .. } => {
                framework::eventkit::Decision::Retry {
                    after: ::core::option::Option::None,
                }
            }
            Self::UnknownAddress { .. } => framework::eventkit::Decision::DeadLetter,
            Self::ShippedAlready { .. } => framework::eventkit::Decision::Drop,
        }
    }
}
