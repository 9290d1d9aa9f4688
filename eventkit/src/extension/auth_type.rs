//! The type of principal that caused an event.

use std::fmt;
use std::str::FromStr;

use crate::event::AttributeError;

/// The type of principal that caused an event.
///
/// It is informational and does not authenticate anyone.
///
/// The specification recommends five values. Any other value is kept unchanged.
///
/// ```
/// use eventkit::extension::AuthType;
///
/// assert_eq!("service_account".parse::<AuthType>()?, AuthType::ServiceAccount);
/// assert_eq!("robot".parse::<AuthType>()?, AuthType::Other("robot".into()));
/// # Ok::<(), eventkit::event::AttributeError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthType {
    /// An end user of an application.
    AppUser,
    /// A user of the infrastructure.
    User,
    /// A service.
    ServiceAccount,
    /// An API key that does not belong to a user.
    ApiKey,
    /// The platform itself.
    System,
    /// A value that the specification does not name.
    Other(String),
}

impl AuthType {
    /// Returns the value in its form in the specification.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::AppUser => "app_user",
            Self::User => "user",
            Self::ServiceAccount => "service_account",
            Self::ApiKey => "api_key",
            Self::System => "system",
            Self::Other(other) => other,
        }
    }
}

impl FromStr for AuthType {
    type Err = AttributeError;

    fn from_str(text: &str) -> Result<Self, AttributeError> {
        let known = [
            Self::AppUser,
            Self::User,
            Self::ServiceAccount,
            Self::ApiKey,
            Self::System,
        ];
        let found = known.into_iter().find(|ty| ty.as_str() == text);
        Ok(found.unwrap_or_else(|| Self::Other(text.to_owned())))
    }
}

impl fmt::Display for AuthType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
