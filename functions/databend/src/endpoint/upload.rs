//! Uploads of files into a stage: through the server, or directly into the object store behind it.

use sluice_bridge::model::failure::SinkError;
use sluice_http::{Method, Request, Url};
use uuid::Uuid;

use crate::endpoint::client::Endpoint;
use crate::endpoint::session::Session;

/// The headers that a signed upload must have.
type SignedHeaders = std::collections::BTreeMap<String, String>;

impl Endpoint {
    /// Puts a file into the stage; one of that path is replaced.
    ///
    /// # Errors
    /// It is not there, or that is unknown.
    pub(crate) async fn upload(
        &self,
        session: &mut Session,
        path: &str,
        content: Vec<u8>,
    ) -> Result<(), SinkError> {
        match self.presigns {
            true => self.upload_signed(session, path, content).await,
            false => self.upload_through_server(session, path, content).await,
        }
    }

    /// One part of `multipart/form-data` (RFC 7578), whose file name is the path.
    async fn upload_through_server(
        &self,
        session: &Session,
        path: &str,
        content: Vec<u8>,
    ) -> Result<(), SinkError> {
        let boundary = Uuid::new_v4().simple().to_string();
        let head = format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"upload\"; filename=\"{path}\"\r\n\
             Content-Type: application/octet-stream\r\n\r\n"
        );
        let tail = format!("\r\n--{boundary}--\r\n");
        let body = [head.as_bytes(), &content, tail.as_bytes()].concat();
        let request = Request::new(Method::PUT, self.url("v1/upload_to_stage")?)
            .header("content-type", format!("multipart/form-data; boundary={boundary}"))
            .header("x-databend-stage-name", self.stage.clone())
            .body(body);
        self.call(session.client(), request).await.map(drop)
    }

    /// The server signs a URL, and the object store takes the file.
    async fn upload_signed(
        &self,
        session: &mut Session,
        path: &str,
        content: Vec<u8>,
    ) -> Result<(), SinkError> {
        let unknown = || SinkError::fatal("the server answers to PRESIGN with something unknown");
        let rows = self.query(session, &format!("PRESIGN UPLOAD @{}/{path}", self.stage)).await?;
        let [method, headers, url] = rows.first().map(Vec::as_slice).ok_or_else(unknown)? else {
            return Err(unknown());
        };
        if method.as_deref() != Some("PUT") {
            return Err(unknown());
        }
        let url = Url::parse(url.as_deref().unwrap_or_default()).map_err(|_| unknown())?;
        let headers: SignedHeaders =
            serde_json::from_str(headers.as_deref().unwrap_or("{}")).map_err(|_| unknown())?;
        let mut request = Request::new(Method::PUT, url).body(content);
        // The host's name is part of the URL, and the client sends the length.
        for (name, value) in headers {
            if !["host", "content-length"].contains(&name.to_ascii_lowercase().as_str()) {
                request = request.given_header(name, value);
            }
        }
        self.send(request).await.map(drop)
    }
}
