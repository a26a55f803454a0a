//! Whether an answer is the service's, and complete: its body has the MD5 of its header, and its headers have a
//! signature that only the service and we can make.

use crate::endpoint::digest::content_md5;
use crate::endpoint::signature::{canonical, hmac_sha1};

/// Checks the headers `x-ots-…` of an answer with status 2xx, all in lower case, and its body.
///
/// # Errors
/// What is wrong with it.
pub(super) fn check(
    headers: &[(&str, &str)],
    authorization: Option<&str>,
    operation: &str,
    id: &str,
    key: &[u8],
    body: &[u8],
) -> Result<(), &'static str> {
    let md5 = headers.iter().find(|(name, _)| *name == "x-ots-contentmd5");
    let (_, md5) = md5.ok_or("it has no MD5 of its body")?;
    if *md5 != content_md5(body) {
        return Err("its body does not have the MD5 that its header says");
    }
    let signature = authorization.and_then(|it| it.strip_prefix("OTS ")?.split_once(':'));
    let (signer, signature) = signature.ok_or("it is not signed")?;
    let text = format!("{}\n/{operation}", canonical(headers));
    if signer != id || signature != hmac_sha1(key, text.as_bytes()) {
        return Err("its signature is wrong");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_the_services_own() {
        let body = b"body";
        let md5 = content_md5(body);
        let headers = [("x-ots-requestid", "1"), ("x-ots-contentmd5", md5.as_str())];
        let text = format!("x-ots-contentmd5:{md5}\nx-ots-requestid:1\n/GetRow");
        let signed = format!("OTS id:{}", hmac_sha1(b"key", text.as_bytes()));
        let check = |headers: &[(&str, &str)], signed: Option<&str>, body: &[u8]| {
            check(headers, signed, "GetRow", "id", b"key", body)
        };
        assert_eq!(check(&headers, Some(&signed), body), Ok(()));
        assert!(check(&headers, Some(&signed), b"other").unwrap_err().contains("MD5"));
        assert!(check(&headers[..1], Some(&signed), body).unwrap_err().contains("no MD5"));
        assert!(check(&headers, None, body).unwrap_err().contains("not signed"));
        let changed = [("x-ots-requestid", "2"), headers[1]];
        assert!(check(&changed, Some(&signed), body).unwrap_err().contains("wrong"));
        assert!(check(&headers, Some("OTS other:x"), body).unwrap_err().contains("wrong"));
    }
}
