//! IAM database authentication of Amazon RDS and RDS Proxy: the password is a request to `rds-db`,
//! signed with Signature Version 4 and valid for 15 minutes. Each connection gets a new one.
//!
//! "Connecting to your DB instance using IAM authentication" in the user guide of Amazon RDS.

use std::time::SystemTime;

use sluice_aws::{Credentials, Signer};
use sluice_bridge::model::failure::SinkError;
use sluice_bridge::options::Opt;

/// `connection.iam.auth`
pub const IAM_AUTH: Opt = Opt::new(
    "connection.iam.auth",
    "Whether the password is a token of Amazon RDS' IAM authentication, signed with the function's own credentials (`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN`, `AWS_REGION`) for each connection. It requires TLS without a fallback to plaintext, preferably with verification of the server's name. The role needs `rds-db:connect`.",
)
.or("false");

/// How long a token is valid, in seconds; the service accepts no longer time.
const SECONDS: u32 = 900;
const SERVICE: &str = "rds-db";
const REGION: &str = "AWS_REGION";

/// The password with which a user can log in at `host:port` now. It is a secret for 15 minutes.
///
/// # Errors
/// `Fatal` if the function has no credentials; the text names the missing variable.
pub fn login_token(address: &str, user: &str) -> Result<String, SinkError> {
    let variable = |name: &str| std::env::var(name).ok();
    let (credentials, region) = signed_by(variable).map_err(|name| {
        SinkError::fatal(format!("{} needs {name}, which is not set", IAM_AUTH.name))
    })?;
    Ok(token(credentials, &region, address, user, SystemTime::now()))
}

/// Reads the credentials and the region from the variables that Lambda sets for a function.
///
/// # Errors
/// The name of the missing variable.
fn signed_by(
    variable: impl Fn(&str) -> Option<String>,
) -> Result<(Credentials, String), &'static str> {
    let credentials = Credentials::from_variables(&variable)?;
    let region = variable(REGION).filter(|region| !region.is_empty()).ok_or(REGION)?;
    Ok((credentials, region))
}

fn token(
    credentials: Credentials,
    region: &str,
    address: &str,
    user: &str,
    now: SystemTime,
) -> String {
    let signer = Signer { credentials, region, service: SERVICE };
    let query = signer.query(address, &[("Action", "connect"), ("DBUser", user)], SECONDS, now);
    format!("{address}/?{query}")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn credentials(session_token: Option<&str>) -> Credentials {
        let variable = |name: &str| match name {
            "AWS_ACCESS_KEY_ID" => Some("AKIDEXAMPLE".to_owned()),
            "AWS_SECRET_ACCESS_KEY" => Some("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned()),
            _ => session_token.map(str::to_owned),
        };
        Credentials::from_variables(variable).expect("nothing is missing")
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
        assert_eq!(
            token(credentials(None), "eu-central-1", host, "writer", at(1_795_243_807)),
            "db.abc123.eu-central-1.rds.amazonaws.com:5432/?Action=connect&DBUser=writer\
             &X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20261121%2Feu-central-1%2Frds-db%2Faws4_request\
             &X-Amz-Date=20261121T065007Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
             &X-Amz-Signature=49d4bb4d5490547c962336c5712ba21805e56b754be238716afa1dc99c7d94e8"
        );
        let host = "proxy.proxy-xyz.us-east-1.rds.amazonaws.com:6432";
        let credentials = credentials(Some("IQoJb3JpZ2luX2VjE/+=:token"));
        assert_eq!(
            token(credentials, "us-east-1", host, "some user+@ü", at(1_709_251_199)),
            "proxy.proxy-xyz.us-east-1.rds.amazonaws.com:6432/?Action=connect&DBUser=some%20user%2B%40%C3%BC\
             &X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE%2F20240229%2Fus-east-1%2Frds-db%2Faws4_request\
             &X-Amz-Date=20240229T235959Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host\
             &X-Amz-Security-Token=IQoJb3JpZ2luX2VjE%2F%2B%3D%3Atoken\
             &X-Amz-Signature=2a862c1897e8d7c6f5dc80b489548f72129bac2aa2ec664e60b8a8c24cbf613f"
        );
    }

    #[test]
    fn what_is_missing_is_named() {
        for name in ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"] {
            let variable = |asked: &str| (asked != name).then(|| "x".to_owned());
            assert_eq!(signed_by(variable).err(), Some(name));
        }
    }
}
