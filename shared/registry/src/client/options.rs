//! Reads the options of a registry's client, and notes every problem. Nothing is connected.

use sluice_bridge::options::formats::SCHEMA_REGISTRY_URL;
use sluice_bridge::options::{Opt, Settings};
use sluice_http::Url;
use sluice_tls::{Pem, Tls, Trust};

use crate::client::base::{Base, UserInfo};
use crate::client::glue::Glue;
use crate::client::lazy::LazyClient;
use crate::client::login::{Login, OAuth, OAuthClient};
use crate::client::servers::Servers;
use crate::client::service::Service;
use crate::names::{
    BASIC_SOURCE, BEARER_CLIENT_ID, BEARER_CLIENT_SECRET, BEARER_CLUSTER, BEARER_ISSUER,
    BEARER_POOL, BEARER_SCOPE, BEARER_SOURCE, BEARER_TOKEN, KIND, LOGINS, OAUTH_ONLY, OPTIONS,
    REGION, SSL_CA, SSL_CERTIFICATE, SSL_KEY, USER_INFO,
};

/// Reads the options; `None` without a URL, or after a problem.
pub(crate) fn read(settings: &mut Settings) -> Option<Service> {
    let urls = settings.list(&SCHEMA_REGISTRY_URL);
    let is_glue = settings.choice(&KIND, &[("confluent", false), ("glue", true)]);
    if urls.is_empty() {
        refuse(settings, OPTIONS, SCHEMA_REGISTRY_URL.name);
        return None;
    }
    let client = LazyClient::new(tls(settings, &urls));
    if is_glue {
        refuse_without(settings, LOGINS, &KIND, "confluent");
        return glue(settings, &urls, client).map(Service::Glue);
    }
    refuse_without(settings, &[&REGION], &KIND, "glue");
    let (mut bases, mut logins) = (Vec::new(), Vec::new());
    for url in urls {
        match Base::parse(&url) {
            Ok((base, login)) => {
                bases.push(base);
                logins.extend(login);
            }
            Err(why) => settings.problem(format!("{} {why}", SCHEMA_REGISTRY_URL.name)),
        }
    }
    let login = login(settings, logins);
    if settings.given(&BEARER_SOURCE).is_none() && settings.given(&BEARER_TOKEN).is_none() {
        // A token alone needs them: with a password Confluent Cloud knows both.
        refuse(
            settings,
            &[&BEARER_CLUSTER, &BEARER_POOL],
            "a token (schema.registry.bearer.auth.*)",
        );
    }
    let headers =
        [("target-sr-cluster", &BEARER_CLUSTER), ("confluent-identity-pool-id", &BEARER_POOL)];
    let given =
        |(header, opt): (&'static str, &Opt)| Some((header, settings.text(opt)?.to_owned()));
    let headers = headers.into_iter().filter_map(given).collect();
    Some(Service::Confluent(Servers::new(client, bases, login, headers)))
}

/// Options without what they need have no effect, which would only be noticed in production.
fn refuse(settings: &mut Settings, options: &[&Opt], needed: &str) {
    let given: Vec<_> = options.iter().filter(|opt| settings.given(opt).is_some()).collect();
    for opt in given {
        settings.problem(format!("{} needs {needed}", opt.name));
    }
}

/// The same of options that need a value of another one.
fn refuse_without(settings: &mut Settings, options: &[&Opt], other: &Opt, value: &str) {
    refuse(settings, options, &format!("{}={value}", other.name));
}

fn tls(settings: &mut Settings, urls: &[String]) -> Tls {
    let pem = |settings: &Settings, opt: &Opt| settings.text(opt).map(|it| Pem::of(it.to_owned()));
    let authorities = pem(settings, &SSL_CA);
    let (certificate, key) = (pem(settings, &SSL_CERTIFICATE), pem(settings, &SSL_KEY));
    if certificate.is_some() != key.is_some() {
        let (certificate, key) = (SSL_CERTIFICATE.name, SSL_KEY.name);
        settings.problem(format!("{certificate} and {key} only work together"));
    } else {
        let issuer = settings.text(&BEARER_ISSUER).unwrap_or_default().to_owned();
        if !urls.iter().chain([&issuer]).any(|url| url.starts_with("https:")) {
            let needed = "an https address in schema.registry.url";
            refuse(settings, &[&SSL_CA, &SSL_CERTIFICATE, &SSL_KEY], needed);
        }
    }
    Tls { trust: Trust::Host, authorities, identity: certificate.zip(key) }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bearer {
    Static,
    OAuth,
}

fn login(settings: &mut Settings, in_urls: Vec<UserInfo>) -> Login {
    let basic = basic(settings, in_urls);
    let bearer = bearer(settings);
    match (basic, bearer) {
        (Some(_), Some(_)) => {
            settings.problem(format!(
                "the login of the schema registry is set twice: {} and {} do not go together",
                USER_INFO.name, BEARER_SOURCE.name
            ));
            Login::Nothing
        }
        (Some((user, password)), None) => Login::Basic { user, password },
        (None, bearer) => bearer.unwrap_or(Login::Nothing),
    }
}

fn basic(settings: &mut Settings, in_urls: Vec<UserInfo>) -> Option<UserInfo> {
    let by_option = match settings.given(&BASIC_SOURCE) {
        None => settings.given(&USER_INFO).is_some(),
        Some(_) => settings.choice(&BASIC_SOURCE, &[("URL", false), ("USER_INFO", true)]),
    };
    if by_option {
        let info = settings.required(&USER_INFO);
        let pair =
            info.split_once(':').map(|(user, password)| (user.to_owned(), password.to_owned()));
        if pair.is_none() && !info.is_empty() {
            settings.problem(format!(
                "{} must be a user and a password, with a colon between them",
                USER_INFO.name
            ));
        }
        if pair.is_some() && !in_urls.is_empty() {
            settings.problem(format!(
                "the login of the schema registry is set twice: in {} and in {}",
                SCHEMA_REGISTRY_URL.name, USER_INFO.name
            ));
        }
        return pair;
    }
    if settings.given(&BASIC_SOURCE).is_some() {
        refuse_without(settings, &[&USER_INFO], &BASIC_SOURCE, "USER_INFO");
        if in_urls.is_empty() {
            let (source, url) = (BASIC_SOURCE.name, SCHEMA_REGISTRY_URL.name);
            settings.problem(format!("{source}=URL needs a user and a password in {url}"));
        }
    }
    // The same login goes to every server, so that there is one, as in Confluent's client.
    let mut in_urls = in_urls.into_iter();
    let first = in_urls.next();
    if in_urls.any(|other| first.as_ref() != Some(&other)) {
        let url = SCHEMA_REGISTRY_URL.name;
        settings.problem(format!("{url} has two logins: all servers of a registry get the same"));
    }
    first
}

fn bearer(settings: &mut Settings) -> Option<Login> {
    let source = match settings.given(&BEARER_SOURCE) {
        None => settings.given(&BEARER_TOKEN).map(|_| Bearer::Static),
        Some(_) => {
            let sources = [("STATIC_TOKEN", Bearer::Static), ("OAUTHBEARER", Bearer::OAuth)];
            Some(settings.choice(&BEARER_SOURCE, &sources))
        }
    };
    if source != Some(Bearer::OAuth) {
        refuse_without(settings, OAUTH_ONLY, &BEARER_SOURCE, "OAUTHBEARER");
    } else {
        refuse_without(settings, &[&BEARER_TOKEN], &BEARER_SOURCE, "STATIC_TOKEN");
    }
    match source? {
        Bearer::Static => Some(Login::Token(settings.required(&BEARER_TOKEN))),
        Bearer::OAuth => {
            let issuer = settings.required(&BEARER_ISSUER);
            let id = settings.required(&BEARER_CLIENT_ID);
            let secret = settings.required(&BEARER_CLIENT_SECRET);
            let scope = settings.text(&BEARER_SCOPE).map(str::to_owned);
            let Some(issuer) = Url::parse(&issuer).ok().filter(is_safe) else {
                let name = BEARER_ISSUER.name;
                settings
                    .problem(format!("{name} must be an https address: a secret is sent to it"));
                return None;
            };
            Some(Login::OAuth(OAuth::new(OAuthClient { issuer, id, secret, scope })))
        }
    }
}

/// Whether a secret may be sent there: with TLS, or to this machine.
fn is_safe(url: &Url) -> bool {
    let is_here = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    url.scheme() == "https" || url.scheme() == "http" && is_here
}

fn glue(settings: &mut Settings, urls: &[String], client: LazyClient) -> Option<Glue> {
    let name = SCHEMA_REGISTRY_URL.name;
    let endpoint = match urls {
        [url] => Url::parse(url).ok().filter(is_safe),
        _ => None,
    };
    if endpoint.as_ref().is_some_and(|url| !url.username().is_empty() || url.password().is_some()) {
        settings.problem(format!("{name} has a login: AWS Glue knows the function's role"));
    }
    let Some(endpoint) = endpoint else {
        settings.problem(format!(
            "{name} must be one https address of AWS Glue, such as https://glue.eu-central-1.amazonaws.com"
        ));
        return None;
    };
    let region = settings.text(&REGION).map(str::to_owned).or_else(|| region_of(&endpoint));
    Some(Glue { client, endpoint, region, variable: |name| std::env::var(name).ok() })
}

/// The region in the name of the service's host, or in that of its endpoint in a private network:
/// `glue.REGION.amazonaws.com`, `vpce-….glue.REGION.vpce.amazonaws.com`.
fn region_of(endpoint: &Url) -> Option<String> {
    let mut labels = endpoint.host_str()?.split('.').skip_while(|label| *label != "glue");
    labels.nth(1).filter(|region| region.contains('-')).map(str::to_owned)
}
