//! The URL of a target.

use std::fmt;
use std::net::IpAddr;

use http::Uri;
use reqwest::Url;

use crate::headers::ACCESS_TOKEN;

/// A URL that is printed without its query, which may contain a token.
#[derive(Clone)]
pub(super) struct Target {
    pub(super) uri: Uri,
    display: String,
    /// Whether the query contains a token.
    pub(super) has_token: bool,
}

impl Target {
    /// Parses a URL; the error says why it is invalid.
    pub(super) fn parse(text: &str, allow_http: bool) -> Result<Self, String> {
        let mut url = Url::parse(text).map_err(|error| format!("it is not a URL: {error}"))?;
        let secure = match url.scheme() {
            "https" => true,
            "http" => false,
            other => return Err(format!("its scheme is `{other}`, expected `https`")),
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(
                "it contains a user name or password: use `SenderBuilder::token`".to_owned(),
            );
        }
        if !secure && !allow_http && !is_loopback(&url) {
            let message = "it does not use https: `SenderBuilder::allow_http` allows this on a trusted \
                           network";
            return Err(message.to_owned());
        }
        url.set_fragment(None);
        let has_token = url.query_pairs().any(|(name, _)| name == ACCESS_TOKEN);
        let uri = Uri::try_from(url.as_str()).map_err(|error| error.to_string())?;
        url.set_query(None);
        Ok(Self {
            uri,
            display: url.into(),
            has_token,
        })
    }
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}

impl Target {
    /// Returns the URL without its query.
    pub(super) fn as_str(&self) -> &str {
        &self.display
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display)
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.display)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_http_is_for_this_machine_or_by_name() {
        for good in [
            "https://example.com/events",
            "http://localhost:8080/",
            "http://127.1.2.3/x",
            "http://[::1]:9/",
        ] {
            assert!(Target::parse(good, false).is_ok(), "{good}");
        }
        for (wrong, why) in [
            ("http://example.com/", "allow_http"),
            ("http://localhost.example.com/", "allow_http"),
            ("http://10.0.0.1/", "allow_http"),
            ("ftp://example.com/", "`ftp`"),
            ("https://ann:secret@example.com/", "`SenderBuilder::token`"),
            ("/events", "not a URL"),
        ] {
            let error = Target::parse(wrong, false).unwrap_err();
            assert!(error.contains(why), "{wrong}: {error}");
        }
        assert!(Target::parse("http://example.com/", true).is_ok());
    }

    #[test]
    fn a_token_in_the_query_is_sent_and_not_shown() {
        let target = Target::parse("https://example.com/e?a=b&access_token=secret#x", false);
        let target = target.unwrap();
        assert!(target.has_token);
        assert_eq!(target.uri, "https://example.com/e?a=b&access_token=secret");
        assert_eq!(
            format!("{target} {target:?}"),
            "https://example.com/e https://example.com/e"
        );
    }
}
