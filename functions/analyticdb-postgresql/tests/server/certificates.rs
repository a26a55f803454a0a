//! Certificates as people make them with OpenSSL and as libpq accepts them, and a client's own.

use std::path::{Path, PathBuf};
use std::process::Command;

use sluice_bridge::model::failure::{Fault, SinkError};
use sluice_bridge::sink::Sink;
use sluice_testkit::invocation::run;

use crate::own::{Cluster, Running};
use crate::support::configure;

/// Where OpenSSL works.
struct Workshop(PathBuf);

impl Workshop {
    fn open(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("sluice-{name}-keys-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory can be made");
        Self(path)
    }

    fn run(&self, line: &str) -> bool {
        let done = Command::new("openssl").args(line.split(' ')).current_dir(&self.0).output();
        done.expect("openssl is installed").status.success()
    }

    /// As PostgreSQL's manual makes one: it signs itself, and is marked as an authority.
    fn self_signed(&self, name: &str, host: &str) {
        let line = format!(
            "req -new -x509 -days 365 -nodes -newkey rsa:2048 -subj /CN={host} -out {name}.pem -keyout {name}.key"
        );
        assert!(self.run(&line), "{line}");
    }

    /// Signed by another, with version 1 as older versions of OpenSSL write it by themselves.
    fn version_1(&self, name: &str, subject: &str, authority: &str) {
        let request = format!(
            "req -new -nodes -newkey rsa:2048 -subj /CN={subject} -out {name}.req -keyout {name}.key"
        );
        assert!(self.run(&request), "{request}");
        let sign = format!(
            "x509 -req -in {name}.req -days 365 -CA {authority}.pem -CAkey {authority}.key -CAcreateserial -out {name}.pem"
        );
        assert!(self.run(&format!("{sign} -x509v1")) || self.run(&sign), "{sign}");
    }

    fn path(&self, file: &str) -> String {
        self.0.join(file).display().to_string()
    }

    fn content(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.0.join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
    }
}

impl Drop for Workshop {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Starts a server that shows this certificate.
async fn showing(cluster: &Cluster, keys: &Workshop, name: &str, settings: &[&str]) -> Running {
    for kind in ["pem", "key"] {
        cluster.file(&format!("data/{name}.{kind}"), &keys.content(&format!("{name}.{kind}")));
    }
    let (certificate, key) =
        (format!("ssl_cert_file={name}.pem"), format!("ssl_key_file={name}.key"));
    let own = ["ssl=on", certificate.as_str(), key.as_str()];
    cluster.start(&[&own[..], settings].concat()).await
}

async fn begin(
    server: &Running,
    parameters: &str,
    options: &[(&str, &str)],
) -> Result<(), SinkError> {
    let url = format!("postgresql://owner@localhost:{}/postgres?{parameters}", server.port);
    let options = [&[("connection.url", url.as_str())], options].concat();
    let mut sink = configure(&options).expect("good options");
    let mut begun = sink.begin().await;
    while begun.as_ref().is_err_and(|error| error.cause.code.as_deref() == Some("57P03")) {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        begun = sink.begin().await;
    }
    sink.abandon().await;
    begun
}

fn assert_untrusted(begun: Result<(), SinkError>, context: &str) {
    let error = begun.expect_err(context);
    assert_eq!(error.fault, Fault::Fatal, "{context}: {error}");
    assert!(error.to_string().contains("certificate"), "{context}: {error}");
}

#[test]
fn a_certificate_that_signs_itself_is_trusted_if_it_is_the_one_named() {
    run(async {
        let (cluster, keys) = (Cluster::make("itself").await, Workshop::open("itself"));
        keys.self_signed("server", "localhost");
        keys.self_signed("other", "localhost");
        let server = showing(&cluster, &keys, "server", &[]).await;
        let (right, wrong) = (keys.path("server.pem"), keys.path("other.pem"));
        for mode in ["require", "verify-ca", "verify-full"] {
            let parameters = format!("sslmode={mode}&sslrootcert={right}");
            assert_eq!(begin(&server, &parameters, &[]).await, Ok(()), "{mode}");
            let parameters = format!("sslmode={mode}&sslrootcert={wrong}");
            assert_untrusted(begin(&server, &parameters, &[]).await, mode);
        }
        assert_untrusted(begin(&server, "sslmode=verify-ca", &[]).await, "the web's authorities");
        // The subject names the host, and no other.
        let named = format!("host=db.example&hostaddr=127.0.0.1&sslrootcert={right}");
        let url = format!("postgresql://owner@/postgres?port={}&{named}", server.port);
        for (mode, trusted) in [("verify-ca", true), ("verify-full", false)] {
            let url = format!("{url}&sslmode={mode}");
            let begun = configure(&[("connection.url", &url)]).expect("good options").begin().await;
            assert_eq!(begun.is_ok(), trusted, "{mode}: {begun:?}");
        }
        // The trusted one may be given itself, as a secret is.
        let pem = String::from_utf8(keys.content("server.pem")).expect("PEM is text");
        let options = [("connection.sslrootcert", pem.as_str())];
        assert_eq!(begin(&server, "sslmode=verify-full", &options).await, Ok(()));
        server.stop();
    });
}

#[test]
fn version_1_is_good_enough_where_nothing_is_verified() {
    run(async {
        let (cluster, keys) = (Cluster::make("version").await, Workshop::open("version"));
        keys.self_signed("authority", "an-authority");
        keys.version_1("server", "localhost", "authority");
        // Before a server reads it: one that finds it empty ends.
        cluster.let_in("hostssl all all 127.0.0.1/32 trust\n");
        let mut versions = vec![vec![]];
        if crate::support::Stage::set("certificates").await.is_since(120_000).await {
            versions.push(vec!["ssl_max_protocol_version=TLSv1.2"]);
        }
        for settings in versions {
            let server = showing(&cluster, &keys, "server", &settings).await;
            for mode in ["prefer", "require"] {
                let parameters = format!("sslmode={mode}");
                assert_eq!(begin(&server, &parameters, &[]).await, Ok(()), "{mode} {settings:?}");
            }
            let itself = keys.path("server.pem");
            let parameters = format!("sslmode=verify-full&sslrootcert={itself}");
            assert_eq!(begin(&server, &parameters, &[]).await, Ok(()), "{settings:?}");
            server.stop();
        }
    });
}

/// A server that asks who comes, and believes the authority that signed the client's certificate.
#[test]
fn a_clients_own_certificate() {
    run(async {
        let (cluster, keys) = (Cluster::make("client").await, Workshop::open("client"));
        keys.self_signed("server", "localhost");
        keys.version_1("owner", "owner", "server");
        keys.version_1("somebody", "somebody", "server");
        cluster.let_in("hostssl all all 127.0.0.1/32 cert\n");
        let server = showing(&cluster, &keys, "server", &["ssl_ca_file=server.pem"]).await;
        let identity = |name: &str| {
            let (certificate, key) =
                (keys.path(&format!("{name}.pem")), keys.path(&format!("{name}.key")));
            format!(
                "sslmode=verify-full&sslrootcert={}&sslcert={certificate}&sslkey={key}",
                keys.path("server.pem")
            )
        };
        assert_eq!(begin(&server, &identity("owner"), &[]).await, Ok(()));
        let text = |file| String::from_utf8(keys.content(file)).expect("PEM is text");
        let (certificate, key) = (text("owner.pem"), text("owner.key"));
        let options =
            [("connection.sslcert", certificate.as_str()), ("connection.sslkey", key.as_str())];
        for parameters in ["sslmode=require", &identity("somebody")] {
            assert_eq!(begin(&server, parameters, &options).await, Ok(()), "{parameters}");
        }
        let converted = "pkcs8 -topk8 -nocrypt -in owner.key -outform DER -out owner.pk8";
        assert!(keys.run(converted), "{converted}");
        let der = identity("owner").replace("owner.key", "owner.pk8");
        assert_eq!(begin(&server, &der, &[]).await, Ok(()), "as the JDBC driver has it");
        for parameters in ["sslmode=require", &identity("somebody")] {
            let error = begin(&server, parameters, &[]).await.expect_err("it is somebody else");
            assert_eq!(error.fault, Fault::Unauthorized, "{parameters}: {error}");
        }
        let encrypted = "pkcs8 -topk8 -in owner.key -out locked.key -passout pass:hunter2";
        assert!(keys.run(encrypted), "{encrypted}");
        for (file, word) in
            [("locked.key", "encrypted"), ("owner.pem", "no private key"), ("none", "No such")]
        {
            let parameters = identity("owner").replace("owner.key", file);
            let error = begin(&server, &parameters, &[]).await.expect_err("it is no key");
            assert_eq!(error.fault, Fault::Fatal, "{error}");
            let told = error.to_string();
            assert!(told.contains("sslkey=") && told.contains(word), "{told}");
        }
        server.stop();
    });
}

#[test]
fn half_an_identity_is_refused_at_the_start() {
    let key = Path::new("/k.pem").display().to_string();
    let url = format!("postgresql://u@h/d?sslmode=require&sslkey={key}");
    let wrong = configure(&[("connection.url", &url)]).expect_err("the certificate is missing");
    assert!(wrong.contains("set both together"), "{wrong}");
}
