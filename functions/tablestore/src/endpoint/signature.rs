//! The headers of a request and their signature, in its versions 2 and 4 (official Python SDK 6.4.8:
//! `protocol.py`, `auth.py`). They sign the body by its MD5, and every header whose name begins with `x-ots-`.

use base64_simd::STANDARD;
use jiff::Timestamp;
use ring::hmac;

const VERSION: &str = "2015-12-31";
const PRODUCT: &str = "ots";

/// Who calls. It is never shown.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Credentials {
    pub(crate) id: String,
    pub(crate) secret: String,
    /// The token of credentials that STS issued.
    pub(crate) token: Option<String>,
}

/// The version of the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Scheme {
    V2,
    V4 { region: String },
}

/// A name and a value.
pub(crate) type Header = (&'static str, String);

/// The headers of a request at this time whose body has this MD5, and the key that also signs the answer.
pub(super) fn sign(
    credentials: &Credentials,
    scheme: &Scheme,
    instance: &str,
    operation: &str,
    body_md5: String,
    now: Timestamp,
) -> (Vec<Header>, Vec<u8>) {
    let mut headers = vec![
        ("x-ots-accesskeyid", credentials.id.clone()),
        ("x-ots-apiversion", VERSION.to_owned()),
        ("x-ots-contentmd5", body_md5),
        ("x-ots-date", now.strftime("%Y-%m-%dT%H:%M:%S.000Z").to_string()),
        ("x-ots-instancename", instance.to_owned()),
    ];
    let key = match scheme {
        Scheme::V2 => credentials.secret.clone().into_bytes(),
        Scheme::V4 { region } => {
            let date = now.strftime("%Y%m%d").to_string();
            let key = derived_key(&credentials.secret, &date, region);
            headers.push(("x-ots-signdate", date));
            headers.push(("x-ots-signregion", region.clone()));
            key
        }
    };
    headers.extend(credentials.token.clone().map(|token| ("x-ots-ststoken", token)));
    let mut text = format!("/{operation}\nPOST\n\n{}\n", canonical(&headers));
    headers.push(match scheme {
        Scheme::V2 => ("x-ots-signature", hmac_sha1(&key, text.as_bytes())),
        Scheme::V4 { .. } => {
            text.push_str(PRODUCT);
            ("x-ots-signaturev4", STANDARD.encode_to_string(hmac_sha256(&key, &text)))
        }
    });
    (headers, key)
}

/// The lines of headers that are signed, in the order of their names.
pub(super) fn canonical<N: AsRef<str>, V: AsRef<str>>(headers: &[(N, V)]) -> String {
    let mut lines: Vec<String> = headers
        .iter()
        .map(|(name, value)| format!("{}:{}", name.as_ref(), value.as_ref().trim()))
        .collect();
    lines.sort();
    lines.join("\n")
}

/// HMAC with SHA-1, which the service demands for version 2 and for its own answers.
pub(super) fn hmac_sha1(key: &[u8], text: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    STANDARD.encode_to_string(hmac::sign(&key, text))
}

fn hmac_sha256(key: &[u8], text: &str) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key), text.as_bytes())
}

/// The key of a day and a region; its text in base64 is the key, not its bytes.
fn derived_key(secret: &str, date: &str, region: &str) -> Vec<u8> {
    let first = format!("aliyun_v4{secret}").into_bytes();
    let steps = [date, region, PRODUCT, "aliyun_v4_request"];
    let key = steps.iter().fold(first, |key, step| hmac_sha256(&key, step).as_ref().to_vec());
    STANDARD.encode_to_string(key).into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::digest::content_md5;

    fn vectors() -> serde_json::Value {
        serde_json::from_str(include_str!("../../tests/vectors/sdk.json")).expect("JSON")
    }

    fn signed(scheme: &Scheme, token: Option<&str>) -> Vec<Header> {
        let credentials = Credentials {
            id: "test-id".to_owned(),
            secret: "test-secret".to_owned(),
            token: token.map(str::to_owned),
        };
        let now: Timestamp = "2026-11-30T12:34:56Z".parse().unwrap();
        sign(&credentials, scheme, "test", "DescribeTable", content_md5(b"\x0a\x01t"), now).0
    }

    /// Headers that the official SDK made at the same time for the same body.
    #[test]
    fn headers_are_those_of_the_sdk() {
        let v4 = Scheme::V4 { region: "cn-hangzhou".to_owned() };
        for (name, scheme, token) in [
            ("sign_v2", &Scheme::V2, None),
            ("sign_v2_token", &Scheme::V2, Some("token")),
            ("sign_v4", &v4, None),
            ("sign_v4_token", &v4, Some("token")),
        ] {
            let expected: Vec<(String, String)> = vectors()[name]
                .as_object()
                .expect("headers")
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
                .collect();
            let mut ours: Vec<(String, String)> = signed(scheme, token)
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value))
                .collect();
            ours.sort();
            assert_eq!(ours, expected, "{name}");
        }
    }
}
