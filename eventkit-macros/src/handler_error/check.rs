//! Rules that involve more than one attribute.

use quote::ToTokens;

use super::model::{Case, Model};
use crate::error_collector::ErrorCollector;

/// Checks all rules.
pub(super) fn check(errors: &ErrorCollector, model: &Model<'_>) {
    match model {
        Model::Struct(case) => check_one_decision(errors, case),
        Model::Enum {
            misplaced,
            variants,
        } => {
            for attribute in misplaced {
                let name = attribute.path().to_token_stream();
                let message = format!("each variant decides for itself: put `#[{name}]` on them");
                errors.add(attribute, message);
            }
            for variant in variants {
                check_one_decision(errors, variant);
            }
        }
        Model::Union => {}
    }
}

/// A struct or variant has exactly one decision.
fn check_one_decision(errors: &ErrorCollector, case: &Case<'_>) {
    let name = case.ident;
    if case.decisions.is_empty() {
        let help = "add `#[retry]`, `#[dead_letter]` or `#[drop]`";
        let message = format!("`{name}` does not say what becomes of the event: {help}");
        errors.add(name, message);
    }
    for (attribute, _) in case.decisions.iter().skip(1) {
        let message = format!("`{name}` has decided already: leave one of the two");
        errors.add(attribute, message);
    }
}
