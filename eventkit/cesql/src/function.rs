//! Functions that expressions can call.

use std::fmt;
use std::sync::Arc;

use crate::evaluation::EvaluationErrorKind;
use crate::value::{Type, Value};

type Body = dyn for<'a> Fn(&[Value<'a>]) -> Result<Value<'a>, FunctionError<'a>> + Send + Sync;

/// A function that expressions can call.
///
/// The arguments are first cast to the parameter types. The function is not called if a cast fails
/// or an argument is a missing attribute. It must be pure: equal arguments must give equal results.
///
/// ```
/// use eventkit_cesql::{Expression, Function, Functions, Type, Value};
///
/// let mut functions = Functions::default();
/// functions.register(Function::new("STARTS_WITH", [Type::String, Type::String], Type::Boolean, |arguments| {
///     let [Value::String(text), Value::String(start)] = arguments else {
///         return Ok(Value::Boolean(false));
///     };
///     Ok(Value::Boolean(text.starts_with(&**start)))
/// }))?;
/// let expression = Expression::parse_with("STARTS_WITH('eu-7', 'eu-')", &functions)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Function {
    inner: Arc<Inner>,
    /// The type of the arguments after the parameters, for variadic functions.
    variadic: Option<Type>,
}

struct Inner {
    name: String,
    parameters: Vec<Type>,
    returns: Type,
    body: Box<Body>,
}

impl Function {
    /// Creates a function. Names are case-insensitive.
    ///
    /// A result whose type differs from `returns` is cast to it.
    pub fn new(
        name: &str,
        parameters: impl Into<Vec<Type>>,
        returns: Type,
        body: impl for<'a> Fn(&[Value<'a>]) -> Result<Value<'a>, FunctionError<'a>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let inner = Arc::new(Inner {
            name: name.to_ascii_uppercase(),
            parameters: parameters.into(),
            returns,
            body: Box::new(body),
        });
        let variadic = None;
        Self { inner, variadic }
    }

    /// Creates a variadic function, which takes any number of arguments of one type after its
    /// parameters.
    pub fn variadic(
        name: &str,
        parameters: impl Into<Vec<Type>>,
        others: Type,
        returns: Type,
        body: impl for<'a> Fn(&[Value<'a>]) -> Result<Value<'a>, FunctionError<'a>>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        Self {
            variadic: Some(others),
            ..Self::new(name, parameters, returns, body)
        }
    }

    /// Returns the name in uppercase.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.inner.name
    }

    /// Returns the parameter types, without the variadic arguments.
    #[must_use]
    pub fn parameters(&self) -> &[Type] {
        &self.inner.parameters
    }

    /// Returns whether the function is variadic.
    #[must_use]
    pub fn is_variadic(&self) -> bool {
        self.variadic.is_some()
    }

    /// Returns the type of the result.
    #[must_use]
    pub fn returns(&self) -> Type {
        self.inner.returns
    }

    /// Returns the type of the argument at an index.
    pub(crate) fn parameter(&self, at: usize) -> Type {
        let parameter = self.inner.parameters.get(at).copied();
        parameter.or(self.variadic).unwrap_or(Type::String)
    }

    pub(crate) fn call<'a>(&self, arguments: &[Value<'a>]) -> Result<Value<'a>, FunctionError<'a>> {
        (self.inner.body)(arguments)
    }

    /// Returns whether the function accepts a number of arguments.
    pub(crate) fn accepts(&self, arguments: usize) -> bool {
        let parameters = self.inner.parameters.len();
        arguments == parameters || (self.is_variadic() && arguments > parameters)
    }
}

impl PartialEq for Function {
    /// Compares signatures: the name, the number of parameters, and whether the function is
    /// variadic.
    fn eq(&self, other: &Self) -> bool {
        let arity = |function: &Self| (function.parameters().len(), function.is_variadic());
        self.name() == other.name() && arity(self) == arity(other)
    }
}

impl fmt::Display for Function {
    /// Writes the signature, such as `LEFT(String, Integer)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parameters = self.parameters().iter().map(Type::to_string);
        let others = self.variadic.map(|others| format!("{others}.."));
        let all: Vec<String> = parameters.chain(others).collect();
        write!(f, "{}({})", self.name(), all.join(", "))
    }
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self} -> {}", self.returns())
    }
}

/// An error returned by a function, with an optional result.
///
/// ```
/// use eventkit_cesql::{Function, FunctionError, Type, Value};
///
/// let half = Function::new("HALF", [Type::Integer], Type::Integer, |arguments| match arguments {
///     [Value::Integer(number)] if number % 2 == 0 => Ok(Value::Integer(number / 2)),
///     _ => Err(FunctionError::new("the number is odd").returning(0)),
/// });
/// assert_eq!(half.name(), "HALF");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionError<'a> {
    pub(crate) message: String,
    pub(crate) value: Option<Value<'a>>,
    pub(crate) kind: EvaluationErrorKind,
}

impl<'a> FunctionError<'a> {
    /// Creates an error. The result of the call is the zero value of the function's type.
    #[must_use]
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            value: None,
            kind: EvaluationErrorKind::Function,
        }
    }

    /// Sets the result of the call.
    #[must_use]
    pub fn returning(mut self, value: impl Into<Value<'a>>) -> Self {
        self.value = Some(value.into());
        self
    }

    pub(crate) fn math(message: &str) -> Self {
        Self {
            kind: EvaluationErrorKind::Math,
            ..Self::new(message)
        }
    }
}
