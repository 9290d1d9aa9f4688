//! Sets of functions, by name and number of arguments.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;
use std::sync::LazyLock;

use strsim::osa_distance;

use crate::builtin;
use crate::function::Function;
use crate::token::Token;

/// The set of functions that expressions can call: those of the specification, and custom ones.
///
/// [`Function`] has an example that adds one.
#[derive(Debug, Clone)]
pub struct Functions(HashMap<String, Vec<Function>>);

impl Default for Functions {
    /// Creates a set with the functions of the specification.
    fn default() -> Self {
        let mut functions = Self(HashMap::new());
        for function in builtin::all() {
            functions.insert(function);
        }
        functions
    }
}

impl Functions {
    /// Returns the functions of the specification.
    pub(crate) fn standard() -> &'static Self {
        static STANDARD: LazyLock<Functions> = LazyLock::new(Functions::default);
        &STANDARD
    }

    /// Adds a function.
    ///
    /// # Errors
    ///
    /// Returns an error if the name contains characters other than letters and `_` or is a keyword,
    /// or if a function with this name already takes the same number of arguments (3.5). A variadic
    /// function must have more parameters than every other function with its name.
    pub fn register(&mut self, function: Function) -> Result<&mut Self, RegisterError> {
        let name = function.name();
        let letters = name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_');
        if !letters || !name.starts_with(|c: char| c.is_ascii_uppercase()) {
            return Err(RegisterError(format!(
                "`{name}` is not a valid function name: expected letters and `_`"
            )));
        }
        if Token::keyword(name).is_some() {
            return Err(RegisterError(format!("`{name}` is a keyword")));
        }
        let clashes = |other: &&Function| {
            let (own, others) = (function.parameters().len(), other.parameters().len());
            match (function.is_variadic(), other.is_variadic()) {
                (true, true) => true,
                (false, true) => own >= others,
                (true, false) => own <= others,
                (false, false) => own == others,
            }
        };
        if let Some(other) = self.named(name).iter().find(clashes) {
            return Err(RegisterError(format!(
                "`{function}` cannot be distinguished from `{other}`"
            )));
        }
        self.insert(function);
        Ok(self)
    }

    /// Returns all functions, in no particular order.
    pub fn iter(&self) -> impl Iterator<Item = &Function> {
        self.0.values().flatten()
    }

    fn insert(&mut self, function: Function) {
        self.0
            .entry(function.name().to_owned())
            .or_default()
            .push(function);
    }

    /// Returns the functions with this name, which is in uppercase.
    pub(crate) fn named(&self, name: &str) -> &[Function] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }

    /// Returns the most similar name, if it differs by at most two letters.
    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        let near = self.0.keys().filter_map(|own| {
            let distance = osa_distance(name, own);
            (distance <= 2 && distance < own.len()).then_some((distance, own.as_str()))
        });
        near.min().map(|(_, name)| name)
    }
}

/// The error returned when a function cannot be registered.
///
/// ```
/// use eventkit_cesql::{Function, Functions, Type, Value};
///
/// let function = Function::new("AND", [Type::Boolean], Type::Boolean, |_| Ok(Value::Boolean(true)));
/// let error = Functions::default().register(function).unwrap_err();
/// assert_eq!(error.to_string(), "`AND` is a keyword");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterError(String);

impl fmt::Display for RegisterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for RegisterError {}
