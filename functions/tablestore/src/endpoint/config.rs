//! The options of the connection.

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
pub(crate) const CONNECTION_USER: Opt = Opt::new("connection.user", "The id of the access key.");
/// `connection.password`
pub(crate) const CONNECTION_PASSWORD: Opt = Opt::new(
    "connection.password",
    "The secret of the access key. Use a reference such as `${secretsmanager:ID:FIELD}` or `${env:NAME}`: if the service refuses it, it is read again once.",
);
/// `connection.token`
pub(crate) const CONNECTION_TOKEN: Opt = Opt::new(
    "connection.token",
    "The token of credentials that STS issued, such as those of a function's role: `${env:ALIBABA_CLOUD_SECURITY_TOKEN}`.",
);
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
    pub(crate) credentials: Credentials,
    pub(crate) tls: Tls,
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
        let credentials = Credentials {
            id: settings.required(&CONNECTION_USER),
            secret: settings.required(&CONNECTION_PASSWORD),
            token: settings.text(&CONNECTION_TOKEN).map(str::to_owned),
        };
        let authorities = settings.text(&CONNECTION_CA).map(|it| Pem::of(it.to_owned()));
        let tls = Tls { trust: Trust::Host, authorities, identity: None };
        Some(Self { url: url?, instance: instance?, scheme: scheme?, credentials, tls })
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

    fn read(given: &[(&str, &str)]) -> Result<Connection, String> {
        let login = [("connection.user", "id"), ("connection.password", "secret")];
        let pairs = login.iter().chain(given);
        let pairs = pairs.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let mut settings = Settings::new(KNOWN, pairs);
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
}
