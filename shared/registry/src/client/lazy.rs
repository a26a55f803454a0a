//! The HTTP client of a registry. Its certificates are read when it is used first: a configuration
//! is checked on machines that do not have them. They are read again after a request without an
//! answer, because they may have been replaced.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use sluice_bridge::model::failure::SinkError;
use sluice_http::{Answer, Client, Limits, Request};
use sluice_tls::{Tls, Unusable};

use crate::names::{SSL_CA, SSL_CERTIFICATE, SSL_KEY};

/// A registry answers in milliseconds. One that takes longer is asked again by the next attempt, or
/// another of its servers is asked.
const LIMITS: Limits =
    Limits { connect: Duration::from_secs(5), call: Duration::from_secs(10), answer: 8 << 20 };

/// A client that is built when it is needed.
pub(crate) struct LazyClient {
    tls: Tls,
    client: RefCell<Option<Rc<Client>>>,
}

impl LazyClient {
    pub(crate) fn new(tls: Tls) -> Self {
        Self { tls, client: RefCell::default() }
    }

    /// Sends a request, once; `whom` is who answers.
    ///
    /// # Errors
    /// There is no answer, or a certificate cannot be used.
    pub(crate) async fn send(&self, request: Request, whom: &str) -> Result<Answer, SinkError> {
        let client = self.client()?;
        client.send(request).await.map_err(|error| {
            // Other requests may have built a new one meanwhile.
            let _ = self.client.borrow_mut().take_if(|current| Rc::ptr_eq(current, &client));
            let mut error = SinkError::from(error);
            error.cause.message = format!("{whom}: {}", error.cause.message).into();
            error
        })
    }

    fn client(&self) -> Result<Rc<Client>, SinkError> {
        let mut current = self.client.borrow_mut();
        if let Some(client) = &*current {
            return Ok(Rc::clone(client));
        }
        let built = Client::new(&self.tls, LIMITS).map_err(|why| unusable(&why))?;
        Ok(Rc::clone(current.insert(Rc::new(built))))
    }
}

fn unusable(why: &Unusable) -> SinkError {
    let (name, why) = match why {
        Unusable::Authorities(why) => (SSL_CA.name, why),
        Unusable::Certificate(why) => (SSL_CERTIFICATE.name, why),
        Unusable::Key(why) => (SSL_KEY.name, why),
        Unusable::Tls(why) => ("TLS", why),
    };
    SinkError::fatal(format!("{name} cannot be used: {why}"))
}
