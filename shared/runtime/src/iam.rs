//! IAM database authentication of Amazon RDS and RDS Proxy: the password is a request to `rds-db`,
//! signed with Signature Version 4 and valid for 15 minutes. Each connection gets a new one.
//!
//! "Connecting to your DB instance using IAM authentication" in the user guide of Amazon RDS;
//! "Create a signed AWS API request" in that of IAM.

use std::time::{SystemTime, UNIX_EPOCH};

use ring::digest;
use ring::hmac::{self, HMAC_SHA256, Key};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::Opt;
use sluice_bridge::values::binary::to_hexadecimal;
use sluice_bridge::values::calendar::civil;

/// `connection.iam.auth`
pub const IAM_AUTH: Opt = Opt::new(
    "connection.iam.auth",
    "Whether the password is a token of Amazon RDS' IAM authentication, signed with the function's own credentials (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`) for each connection. It requires TLS without a fallback to plaintext, preferably with verification of the server's name. The role needs `rds-db:connect`.",
)
.or("false");

/// How long a token is valid, in seconds; the service accepts no longer time.
const SECONDS: u32 = 900;
const SERVICE: &str = "rds-db";
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// The password with which a user can log in at `host:port` now. It is a secret for 15 minutes.
///
/// # Errors
/// `Fatal` if the function has no credentials; the text names the missing variable.
pub fn login_token(address: &str, user: &str) -> Result<String, SinkError> {
    let signer = Signer::from_variables(|name| std::env::var(name).ok())?;
    Ok(signer.token(address, user, SystemTime::now()))
}

/// The credentials and the region. There is no `Debug`, because it would print a secret.
struct Signer {
    access_key: String,
    secret_key: String,
    session_token: Option<String>,
    region: String,
}

impl Signer {
    /// Reads the variables that Lambda sets for a function.
    ///
    /// # Errors
    /// `Fatal`; the text names the missing variable.
    fn from_variables(variable: impl Fn(&str) -> Option<String>) -> Result<Self, SinkError> {
        let required = |name: &str| {
            let missing =
                || SinkError::fatal(format!("{} needs {name}, which is not set", IAM_AUTH.name));
            variable(name).filter(|value| !value.is_empty()).ok_or_else(missing)
        };
        Ok(Self {
            access_key: required("AWS_ACCESS_KEY_ID")?,
            secret_key: required("AWS_SECRET_ACCESS_KEY")?,
            session_token: variable("AWS_SESSION_TOKEN").filter(|token| !token.is_empty()),
            region: required("AWS_REGION")?,
        })
    }

    fn token(&self, address: &str, user: &str, now: SystemTime) -> String {
        let (day, moment) = timestamp(now);
        let scope = format!("{day}/{}/{SERVICE}/aws4_request", self.region);
        let mut query = vec![
            ("Action", "connect".to_owned()),
            ("DBUser", user.to_owned()),
            ("X-Amz-Algorithm", ALGORITHM.to_owned()),
            ("X-Amz-Credential", format!("{}/{scope}", self.access_key)),
            ("X-Amz-Date", moment.clone()),
            ("X-Amz-Expires", SECONDS.to_string()),
            ("X-Amz-SignedHeaders", "host".to_owned()),
        ];
        query.extend(self.session_token.clone().map(|token| ("X-Amz-Security-Token", token)));
        let sent = joined(&query);
        query.sort_unstable();
        let request = format!("GET\n/\n{}\nhost:{address}\n\nhost\n{}", joined(&query), sha256(""));
        let to_sign = format!("{ALGORITHM}\n{moment}\n{scope}\n{}", sha256(&request));
        format!("{address}/?{sent}&X-Amz-Signature={}", self.sign(&day, &to_sign))
    }

    fn sign(&self, day: &str, text: &str) -> String {
        let secret = format!("AWS4{}", self.secret_key);
        let key = [day, &self.region, SERVICE, "aws4_request"]
            .iter()
            .fold(Key::new(HMAC_SHA256, secret.as_bytes()), |key, part| {
                Key::new(HMAC_SHA256, hmac::sign(&key, part.as_bytes()).as_ref())
            });
        to_hexadecimal(hmac::sign(&key, text.as_bytes()).as_ref())
    }
}

fn joined(query: &[(&str, String)]) -> String {
    let pairs = query.iter().map(|(name, value)| format!("{name}={}", escaped(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Percent-encodes everything but the unreserved characters of RFC 3986.
fn escaped(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        other => format!("%{other:02X}"),
    };
    text.bytes().map(one).collect()
}

fn sha256(text: &str) -> String {
    to_hexadecimal(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

/// `YYYYMMDD` and `YYYYMMDDTHHMMSSZ`.
fn timestamp(now: SystemTime) -> (String, String) {
    let seconds = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, time) = (seconds / 86_400, seconds % 86_400);
    let (year, month, day) = civil(days.cast_signed());
    let day = format!("{year:04}{month:02}{day:02}");
    let moment = format!("{day}T{:02}{:02}{:02}Z", time / 3_600, time / 60 % 60, time % 60);
    (day, moment)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn signer(region: &str, session_token: Option<&str>) -> Signer {
        Signer {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: session_token.map(str::to_owned),
            region: region.to_owned(),
        }
    }

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// The tokens of botocore 1.44.5 for the same input, with a fixed clock:
    /// `create_client("rds", region).generate_db_auth_token(host, port, user, Region=region)`
    /// after `botocore.auth.get_current_datetime = lambda: moment`.
    #[test]
    fn tokens_are_those_of_botocore() {
        let host = "db.abc123.eu-central-1.rds.amazonaws.com:5432";
        let token = signer("eu-central-1", None).token(host, "writer", at(1_795_243_807));
        assert_eq!(
            token,
            "db.abc123.eu-central-1.rds.amazonaws.com:5432/?Action=connect&DBUser=writer\
             &X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261121%2Feu-central-1%2Frds-db%2Faws4_request\
             &X-Amz-Date=20261121T065007Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=49d4bb4d5490547c962336c5712ba21805e56b754be238716afa1dc99c7d94e8"
        );
        let host = "proxy.proxy-xyz.us-east-1.rds.amazonaws.com:6432";
        let signer = signer("us-east-1", Some("IQoJb3JpZ2luX2VjE/+=:token"));
        assert_eq!(
            signer.token(host, "some user+@ü", at(1_709_251_199)),
            "proxy.proxy-xyz.us-east-1.rds.amazonaws.com:6432/?Action=connect&DBUser=some%20user%2B%40%C3%BC\
             &X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20240229%2Fus-east-1%2Frds-db%2Faws4_request\
             &X-Amz-Date=20240229T235959Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
             &X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2F%2B%3D%3Atoken\
             &X-Amz-Signature=2a862c1897e8d7c6f5dc80b489548f72129bac2aa2ec664e60b8a8c24cbf613f"
        );
    }

    #[test]
    fn days_have_their_dates() {
        for (seconds, expected) in [
            (0, "19700101"),
            (951_782_400, "20000229"),
            (951_868_800, "20000301"),
            (1_735_603_200, "20241231"),
            (4_107_542_400, "21000301"),
        ] {
            assert_eq!(timestamp(at(seconds)).0, expected);
        }
    }

    #[test]
    fn what_is_missing_is_named() {
        let variable = |name: &str| (name != "AWS_REGION").then(|| "x".to_owned());
        let error = Signer::from_variables(variable).err().expect("there is no region");
        assert!(error.to_string().contains("AWS_REGION"), "{error}");
    }
}
