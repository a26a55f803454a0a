//! Signs requests: in the query, for a request that another program sends, or in headers.

use std::time::SystemTime;

use ring::digest;
use ring::hmac::{self, HMAC_SHA256, Key};
use sluice_bridge::values::binary::to_hexadecimal;

use crate::credentials::Credentials;
use crate::moment::timestamp;

const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What signs the requests to one service in one region.
pub struct Signer<'s> {
    /// Whose they are.
    pub credentials: Credentials,
    /// The region, such as `eu-central-1`.
    pub region: &'s str,
    /// The name of the service in a signature, such as `rds-db`.
    pub service: &'s str,
}

/// A `POST` of JSON to the root of a service.
#[derive(Debug, Clone, Copy)]
pub struct Post<'p> {
    /// The host, with the port if it is not the scheme's own.
    pub host: &'p str,
    /// `X-Amz-Target`: the operation.
    pub target: &'p str,
    /// `Content-Type`
    pub content_type: &'p str,
    /// The body.
    pub body: &'p str,
}

impl Signer<'_> {
    /// The query of a signed `GET /` to a host: the parameters, and those of the signature. It is a
    /// secret as long as it is valid.
    #[must_use]
    pub fn query(
        &self,
        host: &str,
        parameters: &[(&'static str, &str)],
        seconds: u32,
        now: SystemTime,
    ) -> String {
        let (day, moment) = timestamp(now);
        let scope = self.scope(&day);
        let own = parameters.iter().map(|(name, value)| (*name, (*value).to_owned()));
        let mut query: Vec<_> = own.collect();
        query.extend([
            ("X-Amz-Algorithm", ALGORITHM.to_owned()),
            ("X-Amz-Credential", format!("{}/{scope}", self.credentials.access_key)),
            ("X-Amz-Date", moment.clone()),
            ("X-Amz-Expires", seconds.to_string()),
            ("X-Amz-SignedHeaders", "host".to_owned()),
        ]);
        let token = self.credentials.session_token.clone();
        query.extend(token.map(|token| ("X-Amz-Security-Token", token)));
        let sent = joined(&query);
        query.sort_unstable();
        let request = format!("GET\n/\n{}\nhost:{host}\n\nhost\n{}", joined(&query), sha256(""));
        format!("{sent}&X-Amz-Signature={}", self.signature(&day, &moment, &request))
    }

    /// The headers of a signed `POST`, without `Host` and `Content-Type`.
    #[must_use]
    pub fn headers(&self, post: Post<'_>, now: SystemTime) -> Vec<(&'static str, String)> {
        let (day, moment) = timestamp(now);
        let mut headers = vec![
            ("content-type", post.content_type.to_owned()),
            ("host", post.host.to_owned()),
            ("x-amz-date", moment.clone()),
        ];
        let token = self.credentials.session_token.clone();
        headers.extend(token.map(|token| ("x-amz-security-token", token)));
        headers.push(("x-amz-target", post.target.to_owned()));
        let names: Vec<_> = headers.iter().map(|(name, _)| *name).collect();
        let names = names.join(";");
        let lines: String =
            headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
        let request = format!("POST\n/\n\n{lines}\n{names}\n{}", sha256(post.body));
        let signature = self.signature(&day, &moment, &request);
        let credential = format!("{}/{}", self.credentials.access_key, self.scope(&day));
        let authorization = format!(
            "{ALGORITHM} Credential={credential}, SignedHeaders={names}, Signature={signature}"
        );
        headers.retain(|(name, _)| name.starts_with("x-amz-"));
        headers.push(("authorization", authorization));
        headers
    }

    fn scope(&self, day: &str) -> String {
        format!("{day}/{}/{}/aws4_request", self.region, self.service)
    }

    /// The signature of a request in its canonical form.
    fn signature(&self, day: &str, moment: &str, request: &str) -> String {
        let text = format!("{ALGORITHM}\n{moment}\n{}\n{}", self.scope(day), sha256(request));
        let secret = format!("AWS4{}", self.credentials.secret_key);
        let key = [day, self.region, self.service, "aws4_request"]
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

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    /// What botocore 1.43.11 signs for the same request and time:
    /// `SigV4Auth(Credentials(access, secret, token), "glue", "eu-central-1").add_auth(AWSRequest(
    /// "POST", url, headers, body))` after `botocore.auth.get_current_datetime = lambda: moment`.
    #[test]
    fn headers_are_those_of_botocore() {
        let credentials = |token: Option<&str>| Credentials {
            access_key: "AKIDEXAMPLE".to_owned(),
            secret_key: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".to_owned(),
            session_token: token.map(str::to_owned),
        };
        let post = Post {
            host: "glue.eu-central-1.amazonaws.com",
            target: "AWSGlue.GetSchemaVersion",
            content_type: "application/x-amz-json-1.1",
            body: r#"{"SchemaVersionId":"b7b4a7f0-9c96-4e4a-a687-fb5de9ef0c63"}"#,
        };
        let now = UNIX_EPOCH + Duration::from_secs(1_795_243_807);
        for (token, signature) in [
            (None, "e179a06d13b984ab682ecae5cb8e39f8ff067b368dfa7f7c267d3b1336aba51f"),
            (
                Some("IQoJb3JpZ2luX2VjE/+=:token"),
                "a4cf226a2c86e14d9d2346144092ef25d16c89e32b155930083746d3bd548f81",
            ),
        ] {
            let signer =
                Signer { credentials: credentials(token), region: "eu-central-1", service: "glue" };
            let headers = signer.headers(post, now);
            let of =
                |name| headers.iter().find(|(known, _)| *known == name).map(|(_, it)| it.as_str());
            assert_eq!(of("x-amz-date"), Some("20261121T065007Z"));
            assert_eq!(of("x-amz-security-token"), token);
            let names = if token.is_some() { ";x-amz-security-token" } else { "" };
            let expected = format!(
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261121/eu-central-1/glue/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date{names};x-amz-target, Signature={signature}"
            );
            assert_eq!(of("authorization"), Some(expected.as_str()));
        }
    }
}
