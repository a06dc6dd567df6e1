//! Who asks: an account by its token, whoever sits at the machine, or the public.
//!
//! A browser sends requests for any page that its user looks at, so being on the machine is not enough:
//! without a token, a request counts as local only when it does not come from another site's page (by
//! `Sec-Fetch-Site`, and by `Origin` where that is absent), is addressed to a loopback name (a foreign name
//! that resolves to loopback is an attack), and passed no proxy.

use axum::{
    extract::FromRequestParts,
    http::{HeaderMap, header, request::Parts},
};

use super::{
    error::{self, Problem},
    site::{Site, host_of},
};
use crate::app::{Actor, Role};

/// Whoever asks. A token that nobody has is refused here; what one may do, the application decides.
pub(super) struct Caller(pub(super) Actor);

impl FromRequestParts<Site> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Problem> {
        caller(site, &parts.headers).map(Self)
    }
}

impl Caller {
    /// Refuses who has less than a role: 401 for nobody, 403 for somebody.
    pub(super) fn at_least(&self, role: Role) -> Result<&Actor, Problem> {
        if self.0.role >= role {
            return Ok(&self.0);
        }
        Err(match self.0.role {
            Role::Public => Problem::new(
                error::NO_TOKEN,
                format!("this needs an account with the role {role} or a higher one"),
            ),
            mine => Problem::new(
                error::FORBIDDEN,
                format!(
                    "this needs the role {role}; {} has the role {mine}",
                    self.0.name
                ),
            ),
        })
    }
}

/// Whoever sends these headers.
pub(super) fn caller(site: &Site, headers: &HeaderMap) -> Result<Actor, Problem> {
    if let Some(token) = bearer(headers)? {
        return site
            .app()
            .account(token)
            .ok_or_else(|| Problem::new(error::NO_TOKEN, "no account has this token"));
    }
    let local = site.settings().trusts_local
        && site.app().live().users.is_empty()
        && is_local(headers, site.base());
    Ok(if local {
        Actor::local()
    } else {
        Actor::public()
    })
}

/// The token of `Authorization: Bearer`; another scheme is none of ours and is refused.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Problem> {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Ok(None);
    };
    value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| Some(token.trim()))
        .ok_or_else(|| {
            Problem::new(
                error::NO_TOKEN,
                "the header `Authorization` must be `Bearer`, a space and the token",
            )
        })
}

/// True for the names by which a machine speaks to itself, with or without a port.
pub(super) fn is_loopback_name(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or(rest),
        None => host.split(':').next().unwrap_or(host),
    };
    name.eq_ignore_ascii_case("localhost")
        || name
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// True when a request without a token can only come from this machine, and not from another site's page.
fn is_local(headers: &HeaderMap, base: &str) -> bool {
    let text = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    let proxied = ["forwarded", "x-forwarded-for", "x-forwarded-host", "via"]
        .iter()
        .any(|name| headers.contains_key(*name));
    let host = text("host");
    let named_well = host.is_none_or(is_loopback_name);
    let same_page = match (text("sec-fetch-site"), text("origin")) {
        // `none` is an address that a person typed.
        (Some(site), _) => ["same-origin", "none"].contains(&site),
        (None, Some(origin)) => {
            let theirs = host_of(origin);
            origin.starts_with("http") && (Some(theirs) == host || theirs == host_of(base))
        }
        // No browser.
        (None, None) => true,
    };
    !proxied && named_well && same_page
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn only_who_sits_at_the_machine_is_local() {
        let base = "http://127.0.0.1:8080";
        let local = |headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            });
            is_local(&headers.collect(), base)
        };
        let host = ("host", "127.0.0.1:8080");
        assert!(local(&[]) && local(&[host]) && local(&[("host", "[::1]:8080")]));
        assert!(local(&[host, ("origin", "http://127.0.0.1:8080")]));
        assert!(local(&[host, ("sec-fetch-site", "same-origin")]));
        assert!(local(&[host, ("sec-fetch-site", "none")]));
        for foreign in [
            ("origin", "http://evil.example"),
            ("origin", "null"),
            ("origin", "http://127.0.0.1:9999"),
            ("origin", "file://"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("x-forwarded-for", "10.0.0.9"),
            ("forwarded", "for=10.0.0.9"),
        ] {
            assert!(!local(&[host, foreign]), "{foreign:?}");
        }
        // A name of the attacker's that resolves to this machine.
        assert!(!local(&[
            ("host", "evil.example:8080"),
            ("sec-fetch-site", "same-origin")
        ]));
        assert!(!local(&[("host", "localhost.evil.example")]));
    }

    #[test]
    fn a_loopback_name_is_told_from_another() {
        for yes in [
            "localhost",
            "LOCALHOST:80",
            "127.0.0.1",
            "127.9.9.9:1",
            "[::1]:80",
            "[::1]",
        ] {
            assert!(is_loopback_name(yes), "{yes}");
        }
        for no in [
            "",
            "0.0.0.0",
            "10.0.0.1:80",
            "localhost.example",
            "[::2]",
            "127.0.0.1.example",
        ] {
            assert!(!is_loopback_name(no), "{no}");
        }
    }
}
