#[automatically_derived]
impl ::eventkit::HandlerError for PayError {
    fn decision(&self) -> ::eventkit::Decision {
        match *self {
            Self::PaidAlready { .. } => ::eventkit::Decision::Drop,
            Self::Ship { 0: ref __eventkit_inner } => {
                #[allow(unused_imports)]
                use ::eventkit::__private::AutorefDecision as _;
                ::eventkit::__private::InnerError(__eventkit_inner).__eventkit_decision()
            }
            Self::Other { source: ref __eventkit_inner } => {
                #[allow(unused_imports)]
                use ::eventkit::__private::AutorefDecision as _;
                ::eventkit::__private::InnerError(__eventkit_inner).__eventkit_decision()
            }
        }
    }
}
::eventkit::__private::discover! {
    DECISIONS : ::eventkit::__private::DecisionOf = ::eventkit::__private::decision_of::
    < PayError >
}
