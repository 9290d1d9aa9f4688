//! Expressions.

use eventkit::filter::cesql::{Attributes, Expression, Value};

struct Event;

impl Attributes for Event {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Some(match name {
            "id" => "1".into(),
            "subject" => "eu-é%_\\7".into(),
            "n" => i32::MIN.into(),
            "flag" => true.into(),
            _ => return None,
        })
    }
}

/// Checks that any text is an expression or an error, and that an expression can be printed, parsed
/// again and evaluated.
///
/// # Panics
///
/// Panics if it is not.
pub fn cesql(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    match Expression::parse(text) {
        Ok(expression) => {
            let printed = expression.to_string();
            assert_eq!(
                Expression::parse(&printed).as_ref(),
                Ok(&expression),
                "{printed}"
            );
            let evaluation = expression.evaluate(&Event);
            if let Some(ty) = expression.ty() {
                assert_eq!(evaluation.value.ty(), ty);
            }
            assert_eq!(*expression.explain(&Event).evaluation(), evaluation);
        }
        Err(error) => {
            assert!(
                text.len() > 16_384 || text.get(error.span()).is_some(),
                "{error:?}"
            );
            let _ = (error.to_string(), error.caret().to_string());
        }
    }
}
