//! How a service signs its answers (official Python SDK 6.4.8: `auth.py`): with the key that signed the request, in
//! version 2 or 4.

use std::sync::Mutex;

use base64_simd::STANDARD;
use md5::{Digest, Md5};
use ring::hmac;

/// The access key of everybody.
pub(super) const ID: &str = "sluice";
pub(super) const SECRET: &str = "sluice-secret";
/// The region of version 4.
pub(super) const REGION: &str = "cn-hangzhou";

/// The key of the last day that was asked for.
#[derive(Debug, Default)]
pub(super) struct Keys(Mutex<Option<(String, Vec<u8>)>>);

impl Keys {
    /// The key of a request; without a date it is one of version 2.
    pub(super) fn of(&self, date: Option<&str>) -> Vec<u8> {
        let Some(date) = date else { return SECRET.as_bytes().to_vec() };
        let mut last = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match &*last {
            Some((of, key)) if of == date => key.clone(),
            _ => last.insert((date.to_owned(), derived(date))).1.clone(),
        }
    }
}

fn derived(date: &str) -> Vec<u8> {
    let first = format!("aliyun_v4{SECRET}").into_bytes();
    let step = |key: Vec<u8>, text: &str| {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &key);
        hmac::sign(&key, text.as_bytes()).as_ref().to_vec()
    };
    let key = [date, REGION, "ots", "aliyun_v4_request"].into_iter().fold(first, step);
    STANDARD.encode_to_string(key).into_bytes()
}

/// The signature of an answer to an operation, whose headers are sorted by their names.
pub(super) fn sign(key: &[u8], headers: &[(&str, String)], path: &str) -> String {
    let lines: String = headers.iter().map(|(name, value)| format!("{name}:{value}\n")).collect();
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, key);
    let tag = hmac::sign(&key, format!("{lines}{path}").as_bytes());
    format!("OTS {ID}:{}", STANDARD.encode_to_string(tag))
}

/// The MD5 of a body as its header has it.
pub(super) fn md5(body: &[u8]) -> String {
    STANDARD.encode_to_string(Md5::digest(body))
}
