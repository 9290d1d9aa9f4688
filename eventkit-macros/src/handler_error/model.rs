//! Model of the error: the decisions of its cases.

use syn::{Attribute, Data, DeriveInput, Ident};

use super::attr::Decision;
use crate::error_collector::ErrorCollector;

/// Error type.
pub(super) enum Model<'i> {
    Struct(Case<'i>),
    Enum {
        /// The decisions on the enum itself.
        misplaced: Vec<&'i Attribute>,
        variants: Vec<Case<'i>>,
    },
    Union,
}

/// Struct or variant, with its decisions. A correct one has exactly one decision.
pub(super) struct Case<'i> {
    pub(super) ident: &'i Ident,
    pub(super) decisions: Vec<(&'i Attribute, Decision)>,
}

impl<'i> Model<'i> {
    /// Reads the item.
    pub(super) fn read(errors: &ErrorCollector, input: &'i DeriveInput) -> Self {
        let case = |ident, attributes| Case {
            ident,
            decisions: decisions(errors, attributes),
        };
        match &input.data {
            Data::Struct(_) => Self::Struct(case(&input.ident, &input.attrs)),
            Data::Enum(data) => Self::Enum {
                misplaced: decisions(&ErrorCollector::default(), &input.attrs)
                    .into_iter()
                    .map(|(attribute, _)| attribute)
                    .collect(),
                variants: data
                    .variants
                    .iter()
                    .map(|variant| case(&variant.ident, &variant.attrs))
                    .collect(),
            },
            Data::Union(data) => {
                errors.add(data.union_token, "an error is a struct or an enum");
                Self::Union
            }
        }
    }
}

fn decisions<'i>(
    errors: &ErrorCollector,
    attributes: &'i [Attribute],
) -> Vec<(&'i Attribute, Decision)> {
    let read = |attribute| Some((attribute, Decision::read(errors, attribute)?));
    attributes.iter().filter_map(read).collect()
}
