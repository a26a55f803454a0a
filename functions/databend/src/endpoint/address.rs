//! The URL of the server: that of the official drivers (`databend://`), or of the JDBC driver (`jdbc:databend://`).
//!
//! Sources: "Connection string" of the official Rust driver's README, "Connection parameters" of the JDBC driver's.

use std::collections::BTreeMap;

use sluice_http::Url;
use sluice_sql::percent::decode;
use sluice_sql::url::{Parts, split};

/// How files get into a stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Presign {
    /// The server's cloud does so, other servers do not.
    #[default]
    Auto,
    /// Directly into the object store, with a URL that the server signs.
    On,
    /// Through the server.
    Off,
}

/// What a URL says.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Address {
    pub(super) host: String,
    pub(super) port: Option<u16>,
    pub(super) user: String,
    pub(super) password: String,
    pub(super) access_token: String,
    pub(super) database: String,
    pub(super) has_tls: bool,
    pub(super) ca_file: Option<String>,
    pub(super) tenant: Option<String>,
    pub(super) warehouse: Option<String>,
    pub(super) role: Option<String>,
    pub(super) presign: Presign,
    /// Whether requests log in with a token of the server, once there is one.
    pub(super) uses_session: bool,
    /// Settings of every session.
    pub(super) settings: BTreeMap<String, String>,
}

impl Address {
    /// Reads a URL.
    ///
    /// # Errors
    /// Every problem, as the end of a sentence that starts with the option's name.
    pub(super) fn parse(url: &str) -> Result<Self, Vec<String>> {
        const MUST_START: &str = "must start with databend:// or jdbc:databend://";
        let schemes = ["databend", "databend+http", "databend+https"];
        let parts = split(url, &schemes, MUST_START).map_err(|why| vec![why.to_owned()])?;
        // The JDBC driver does not encrypt unless it is told to.
        let has_tls = !parts.is_jdbc && parts.scheme != "databend+http";
        let mut address = Self { has_tls, ..Self::default() };
        let mut problems = Vec::new();
        if let Err(why) = address.read_place(&parts) {
            problems.push(why);
        }
        for pair in parts.query.split('&').filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match decode(value).and_then(|value| address.read_parameter(name, value, parts.is_jdbc))
            {
                Ok(()) => {}
                Err(why) => problems.push(why),
            }
        }
        if problems.is_empty() { Ok(address) } else { Err(problems) }
    }

    fn read_place(&mut self, parts: &Parts<'_>) -> Result<(), String> {
        let (login, place) = parts.address.rsplit_once('@').unwrap_or(("", parts.address));
        let (user, password) = login.split_once(':').unwrap_or((login, ""));
        (self.user, self.password) = (decode(user)?, decode(password)?);
        let (server, database) = place.split_once('/').unwrap_or((place, ""));
        self.database = decode(database)?;
        // The colons of an IPv6 address are within brackets.
        let colon = server.rfind(':').filter(|colon| !server[*colon..].contains(']'));
        let (host, port) =
            colon.map_or((server, None), |colon| (&server[..colon], Some(&server[colon + 1..])));
        if host.is_empty() {
            return Err("has no host".to_owned());
        }
        host.clone_into(&mut self.host);
        self.port =
            port.map(str::parse).transpose().map_err(|_| "has a port that is not a number")?;
        Ok(())
    }

    fn read_parameter(&mut self, name: &str, value: String, is_jdbc: bool) -> Result<(), String> {
        match name {
            "sslmode" | "ssl" => self.has_tls = encrypts(name, &value)?,
            "tls_ca_file" | "ssl_ca" => self.ca_file = Some(value),
            "tenant" => self.tenant = Some(value),
            "warehouse" => self.warehouse = Some(value),
            "role" => self.role = Some(value),
            "user" => self.user = value,
            "password" => self.password = value,
            "access_token" | "accesstoken" => self.access_token = value,
            "access_token_file" => {
                return Err("has the parameter access_token_file: write access_token and a reference such as ${file:PATH:KEY}".to_owned());
            }
            "database" => self.database = value,
            "session_token" => self.uses_session = is_enabled(name, &value)?,
            "presign" => self.presign = presign(&value)?,
            "presigned_url_disabled" if value == "true" => self.presign = Presign::Off,
            "presigned_url_disabled" => self.presign = Presign::Auto,
            "session_settings" => return self.read_settings(&value),
            // How the drivers themselves wait, read and retry.
            _ if IGNORED.contains(&name) => {}
            _ if is_jdbc => return Err(format!("has the unknown parameter {name}")),
            // The official drivers take any other parameter for a setting of the session.
            _ => return self.set(name, value),
        }
        Ok(())
    }

    /// `name:value,name:value`
    fn read_settings(&mut self, list: &str) -> Result<(), String> {
        for pair in list.split(',').filter(|pair| !pair.is_empty()) {
            let (name, value) =
                pair.split_once(':').ok_or("has session_settings that are not name:value")?;
            self.set(name.trim(), value.trim().to_owned())?;
        }
        Ok(())
    }

    fn set(&mut self, name: &str, value: String) -> Result<(), String> {
        if let Some((name, own)) = OWN_SETTINGS.iter().find(|it| it.0.eq_ignore_ascii_case(name)) {
            return Err(format!("has the parameter {name}: a session always has {name}={own}"));
        }
        self.settings.insert(name.to_owned(), value);
        Ok(())
    }

    /// The URL of the HTTP API.
    ///
    /// # Errors
    /// The end of a sentence that starts with the option's name.
    pub(super) fn base(&self) -> Result<Url, String> {
        let (scheme, default) = if self.has_tls { ("https", 443) } else { ("http", 8000) };
        let port = self.port.unwrap_or(default);
        let url = format!("{scheme}://{}:{port}/", self.host);
        Url::parse(&url).map_err(|why| format!("has a host that cannot be used: {why}"))
    }
}

/// Settings on which the statements of this connector and its reading of the answers rely, whatever the server has as its
/// default: moments without an offset, quoted names, whole answers, and null apart from a text.
pub(super) const OWN_SETTINGS: [(&str, &str); 5] = [
    ("timezone", "UTC"),
    ("sql_dialect", "PostgreSQL"),
    ("quoted_ident_case_sensitive", "1"),
    ("max_result_rows", "0"),
    ("format_null_as_str", "0"),
];

/// Parameters of the drivers that mean nothing here.
const IGNORED: [&str; 13] = [
    "connect_timeout",
    "connection_timeout",
    "debug",
    "login",
    "max_failover_retry",
    "max_rows_in_buffer",
    "max_rows_per_page",
    "page_request_timeout_secs",
    "query_timeout",
    "socket_timeout",
    "wait_time_secs",
    "copy_purge",
    "null_display",
];

fn encrypts(name: &str, value: &str) -> Result<bool, String> {
    match value {
        "disable" | "false" => Ok(false),
        "require" | "enable" | "true" => Ok(true),
        _ => Err(format!("has {name}={value}: it is disable, enable or require")),
    }
}

fn is_enabled(name: &str, value: &str) -> Result<bool, String> {
    match value {
        "enable" => Ok(true),
        "disable" => Ok(false),
        _ => Err(format!("has {name}={value}: it is disable or enable")),
    }
}

fn presign(value: &str) -> Result<Presign, String> {
    match value {
        "auto" | "detect" => Ok(Presign::Auto),
        "on" => Ok(Presign::On),
        "off" => Ok(Presign::Off),
        _ => Err(format!("has presign={value}: it is auto, on or off")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Address {
        Address::parse(url).unwrap_or_else(|why| panic!("{url}: {why:?}"))
    }

    #[test]
    fn both_drivers_urls_are_read() {
        let address = of("databend://u:p%40@h.example/d?warehouse=w&tenant=t&max_threads=4&role=r");
        assert_eq!((&*address.user, &*address.password, &*address.database), ("u", "p@", "d"));
        assert_eq!(address.base().unwrap().as_str(), "https://h.example/");
        assert_eq!(address.warehouse.as_deref(), Some("w"));
        assert_eq!(address.settings, [("max_threads".to_owned(), "4".to_owned())].into());
        let jdbc = of(
            "jdbc:databend://[::1]:8001/d?user=u&password=p&session_settings=a:1,b:2&query_timeout=9",
        );
        assert_eq!(jdbc.base().unwrap().as_str(), "http://[::1]:8001/");
        assert_eq!((&*jdbc.user, jdbc.settings.len()), ("u", 2));
        assert_eq!(of("databend://h/?sslmode=disable").base().unwrap().as_str(), "http://h:8000/");
        assert!(of("jdbc:databend://h/d?ssl=true").has_tls);
        assert!(of("databend://h?session_token=enable").uses_session && !address.uses_session);
        assert!(of("databend://h?presign=on").presign == Presign::On);
    }

    #[test]
    fn what_cannot_be_used_is_named_without_the_password() {
        for (url, why) in [
            ("mysql://h", "must start"),
            ("databend://u:secret@", "no host"),
            ("databend://u:secret@h:x/d", "port"),
            ("databend://h/d?sslmode=maybe", "sslmode=maybe"),
            ("databend://h/d?presign=maybe", "presign=maybe"),
            ("databend://h/d?session_token=maybe", "session_token=maybe"),
            ("databend://h/d?timezone=Asia/Tokyo", "always has timezone=UTC"),
            ("jdbc:databend://h/d?session_settings=a:1,Timezone:UTC", "always has timezone=UTC"),
            ("databend://h/d?sql_dialect=MySQL", "always has sql_dialect=PostgreSQL"),
            ("databend://h/d?access_token_file=/secret", "write access_token"),
            ("jdbc:databend://h/d?wharehouse=w", "unknown parameter wharehouse"),
            ("databend://u:se%zzcret@h/d", "hexadecimal"),
        ] {
            let told = Address::parse(url).err().unwrap_or_default().join("; ");
            assert!(told.contains(why) && !told.contains("secret"), "{url}: {told}");
        }
    }
}
