//! The MD5 of a body. The service wants one of every request. It takes about as long as all else that is done
//! for a request, so another thread computes it if there is a core for it: meanwhile the next request is packed.

use std::thread::available_parallelism;

use base64_simd::STANDARD;
use bytes::Bytes;
use md5::{Digest, Md5};
use tokio::sync::Semaphore;

/// Shorter bodies cost less than to wake a thread.
const LEAST: usize = 16 * 1024;

/// The cores besides the one that packs.
pub(super) struct Digester(Semaphore);

impl Digester {
    pub(super) fn new() -> Self {
        Self(Semaphore::new(available_parallelism().map_or(0, |cores| cores.get() - 1)))
    }

    /// The MD5 of a body as the headers carry it. If every other core is busy, the caller computes it.
    pub(super) async fn md5(&self, body: &Bytes) -> String {
        let is_long = body.len() >= LEAST;
        if is_long && let Ok(_core) = self.0.try_acquire() {
            let shared = body.clone();
            let computed = tokio::task::spawn_blocking(move || content_md5(&shared));
            if let Ok(computed) = computed.await {
                return computed;
            }
        }
        content_md5(body)
    }
}

/// The MD5 of a body as the headers carry it.
pub(super) fn content_md5(body: &[u8]) -> String {
    STANDARD.encode_to_string(Md5::digest(body))
}
