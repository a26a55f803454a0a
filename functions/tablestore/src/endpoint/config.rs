//! The options of the connection.

use sluice_bridge::options::role::{Role, RoleCredentials};
use sluice_bridge::options::{Opt, Settings};
use sluice_http::Url;
use sluice_tls::{Pem, Tls, Trust};

use crate::endpoint::signature::{Credentials, Scheme};

/// `connection.url`
pub(crate) const CONNECTION_URL: Opt = Opt::new(
    "connection.url",
    "The address of the instance: `https://INSTANCE.REGION.ots.aliyuncs.com`, in a VPC `https://INSTANCE.REGION.vpc.tablestore.aliyuncs.com`.",
);
/// `connection.user`
pub(crate) const CONNECTION_USER: Opt = Opt::new(
    "connection.user",
    "The id of the access key. On Function Compute it may be left out, with the secret and the token: then the credentials of the function's role are used, those that come with each request or else those of the environment.",
);
/// `connection.password`
pub(crate) const CONNECTION_PASSWORD: Opt = Opt::new(
    "connection.password",
    "The secret of the access key. Use a reference such as `${secretsmanager:ID:FIELD}` or `${env:NAME}`: if the service refuses it, it is read again once.",
);
/// `connection.token`
pub(crate) const CONNECTION_TOKEN: Opt =
    Opt::new("connection.token", "The token, if STS issued the access key.");
/// `connection.instance`
pub(crate) const CONNECTION_INSTANCE: Opt = Opt::new(
    "connection.instance",
    "The name of the instance; by default the first part of the address's host.",
);
/// `connection.region`
pub(crate) const CONNECTION_REGION: Opt = Opt::new(
    "connection.region",
    "The region of the instance, which version 4 of the signature needs; by default the second part of the address's host.",
);
/// `connection.signature`
pub(crate) const CONNECTION_SIGNATURE: Opt = Opt::new(
    "connection.signature",
    "The version of the signature of requests: `v4`, or `v2`, which older instances need.",
)
.or("v4");
/// `connection.ca`
pub(crate) const CONNECTION_CA: Opt = Opt::new(
    "connection.ca",
    "A PEM file, or PEM text, of the authorities that may sign the service's certificate; by default the public web roots.",
);

/// Where the instance is, and how to log in.
#[derive(Clone)]
pub(crate) struct Connection {
    pub(crate) url: Url,
    pub(crate) instance: String,
    pub(crate) scheme: Scheme,
    pub(crate) login: Login,
    pub(crate) tls: Tls,
}

/// Where the credentials are.
#[derive(Clone)]
pub(crate) enum Login {
    /// In the options.
    Options(Credentials),
    /// The platform hands them over, new ones with each invocation.
    Role(Role),
}

impl Login {
    /// Reads the options; those of a role only if no other is given.
    fn from_settings(settings: &mut Settings) -> Self {
        let options = [&CONNECTION_USER, &CONNECTION_PASSWORD, &CONNECTION_TOKEN];
        let is_given = options.iter().any(|option| settings.given(option).is_some());
        match settings.role() {
            Some(role) if !is_given => Self::Role(role.clone()),
            _ => Self::Options(Credentials {
                id: settings.required(&CONNECTION_USER),
                secret: settings.required(&CONNECTION_PASSWORD),
                token: settings.text(&CONNECTION_TOKEN).map(str::to_owned),
            }),
        }
    }

    /// The credentials of this moment; `None` if the platform has handed over none.
    pub(crate) fn credentials(&self) -> Option<Credentials> {
        match self {
            Self::Options(credentials) => Some(credentials.clone()),
            Self::Role(role) => role.credentials().map(|RoleCredentials { id, secret, token }| {
                Credentials { id, secret, token: Some(token) }
            }),
        }
    }
}

impl Connection {
    /// Reads the options, and reports every problem.
    pub(crate) fn from_settings(settings: &mut Settings) -> Option<Self> {
        let url = url(settings);
        let part = |nth| {
            let host = url.as_ref().and_then(Url::domain)?;
            host.split('.').nth(nth).filter(|_| host.contains('.')).map(str::to_owned)
        };
        let named = |settings: &mut Settings, option: &Opt, nth: usize| {
            let name = settings.text(option).map(str::to_owned).or_else(|| part(nth));
            if name.is_none() && url.is_some() {
                let problem =
                    format!("{} is required, because the address does not name it", option.name);
                settings.problem(problem);
            }
            name
        };
        let instance = named(settings, &CONNECTION_INSTANCE, 0);
        let is_v4 = settings.choice(&CONNECTION_SIGNATURE, &[("v4", true), ("v2", false)]);
        let scheme = match is_v4 {
            true => named(settings, &CONNECTION_REGION, 1).map(|region| Scheme::V4 { region }),
            false => Some(Scheme::V2),
        };
        let login = Login::from_settings(settings);
        let authorities = settings.text(&CONNECTION_CA).map(|it| Pem::of(it.to_owned()));
        let tls = Tls { trust: Trust::Host, authorities, identity: None };
        Some(Self { url: url?, instance: instance?, scheme: scheme?, login, tls })
    }
}

/// The address without a path, which is the operation's.
fn url(settings: &mut Settings) -> Option<Url> {
    let text = settings.required(&CONNECTION_URL);
    if text.is_empty() {
        return None;
    }
    let url = Url::parse(&text).ok().filter(|url| {
        matches!(url.scheme(), "https" | "http") && url.has_host() && url.username().is_empty()
    });
    if url.is_none() {
        settings.problem(format!(
            "{} must be https://INSTANCE.REGION.ots.aliyuncs.com; the access key is in {} and {}",
            CONNECTION_URL.name, CONNECTION_USER.name, CONNECTION_PASSWORD.name
        ));
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[&Opt] = &[
        &CONNECTION_URL,
        &CONNECTION_USER,
        &CONNECTION_PASSWORD,
        &CONNECTION_TOKEN,
        &CONNECTION_INSTANCE,
        &CONNECTION_REGION,
        &CONNECTION_SIGNATURE,
        &CONNECTION_CA,
    ];

    const LOGIN: [(&str, &str); 2] = [("connection.user", "id"), ("connection.password", "secret")];

    fn read(given: &[(&str, &str)]) -> Result<Connection, String> {
        read_with(&[&LOGIN, given].concat(), None)
    }

    fn read_with(given: &[(&str, &str)], role: Option<&Role>) -> Result<Connection, String> {
        let pairs = given.iter();
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::new(KNOWN, pairs);
        if let Some(role) = role {
            settings.give_role(role.clone());
        }
        let connection = Connection::from_settings(&mut settings);
        settings.check().map_err(|problems| problems.to_string())?;
        connection.ok_or_else(|| "no problem".to_owned())
    }

    #[test]
    fn an_address_names_instance_and_region() {
        let host = "https://orders.cn-hangzhou.ots.aliyuncs.com";
        let read = |more: &[_]| read(&[&[("connection.url", host)], more].concat()).unwrap();
        let connection = read(&[]);
        assert_eq!(connection.instance, "orders");
        assert_eq!(connection.scheme, Scheme::V4 { region: "cn-hangzhou".to_owned() });
        let other = [("connection.instance", "o"), ("connection.region", "r")];
        let connection = read(&other);
        assert_eq!(connection.instance, "o");
        assert_eq!(connection.scheme, Scheme::V4 { region: "r".to_owned() });
        assert_eq!(read(&[("connection.signature", "V2")]).scheme, Scheme::V2);
    }

    #[test]
    fn an_address_without_names_needs_options() {
        let problem = read(&[("connection.url", "http://127.0.0.1:8080")]).err().unwrap();
        assert!(problem.contains("connection.instance is required"), "{problem}");
        assert!(problem.contains("connection.region is required"), "{problem}");
        for url in ["orders", "ftp://a.b.c", "https://id:secret@a.b.c"] {
            let problem = read(&[("connection.url", url)]).err().unwrap();
            assert!(problem.contains("connection.url must be") && !problem.contains("secret@"));
        }
    }

    #[test]
    fn options_win_over_the_role_and_without_a_role_they_are_required() {
        let host = [("connection.url", "https://orders.cn-hangzhou.ots.aliyuncs.com")];
        let problem = read_with(&host, None).err().unwrap();
        assert!(problem.contains("connection.user is required"), "{problem}");
        assert!(problem.contains("connection.password is required"), "{problem}");

        let role = Role::default();
        let Connection { login, .. } = read_with(&host, Some(&role)).unwrap();
        assert!(login.credentials().is_none());
        for token in ["first", "second"] {
            role.renew(RoleCredentials::of([Some("of-role"), Some("s"), Some(token)]).unwrap());
            let known = login.credentials().unwrap();
            assert_eq!((known.id.as_str(), known.token.as_deref()), ("of-role", Some(token)));
        }
        let own = [&host[..], &LOGIN].concat();
        let Connection { login, .. } = read_with(&own, Some(&role)).unwrap();
        let known = login.credentials().unwrap();
        assert_eq!((known.id.as_str(), known.token), ("id", None));
        // Half a login is a mistake and no reason to take another.
        let problem = read_with(&own[..2], Some(&role)).err().unwrap();
        assert!(problem.contains("connection.password is required"), "{problem}");
    }
}
