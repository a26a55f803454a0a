//! Every login, and every mistake in its options.

use sluice_bridge::model::failure::Fault;

use crate::server::{Server, answer};
use crate::{ask, configure, is_schema, registry, schema};

/// Names without their prefix, and values.
type Pairs<'p> = &'p [(&'p str, &'p str)];

/// `us:er:pass` in base64, which the server shows in lower case.
const BASIC: &str = "authorization: basic dxm6zxi6cgfzcw==";

#[test]
fn a_password_comes_from_the_option_or_the_url() {
    let server = Server::answering([schema("a"), schema("b"), schema("c"), schema("d")]);
    let url = server.url("");
    let with_login = url.replace("//", "//us:er%3Apass@");
    let twice = format!("{with_login},{with_login}");
    let cases: &[(&str, Pairs<'_>)] = &[
        (&twice, &[]),
        (&url, &[("basic.auth.user.info", "us:er:pass")]),
        (&with_login, &[]),
        (&with_login, &[("basic.auth.credentials.source", "URL")]),
    ];
    for (url, more) in cases {
        assert!(ask(&registry(url, more), 1).is_ok());
    }
    for asked in server.asked() {
        assert!(asked.contains(BASIC) && !asked.contains('@'), "{asked}");
    }
}

#[test]
fn a_token_comes_with_what_confluent_cloud_needs() {
    let server = Server::answering([schema("a")]);
    let more = [
        ("bearer.auth.token", "t0ken"),
        ("bearer.auth.logical.cluster", "lsrc-1"),
        ("bearer.auth.identity.pool.id", "pool-1"),
    ];
    is_schema(&ask(&registry(&server.url(""), &more), 1), "a");
    let asked = &server.asked()[0];
    for line in [
        "authorization: bearer t0ken",
        "target-sr-cluster: lsrc-1",
        "confluent-identity-pool-id: pool-1",
    ] {
        assert!(asked.contains(&format!("\r\n{line}\r\n")), "{line}: {asked}");
    }
}

fn oauth(issuer: &Server, more: &[(&'static str, &'static str)]) -> Vec<(&'static str, String)> {
    let mut options = vec![
        ("bearer.auth.credentials.source", "OAUTHBEARER".to_owned()),
        ("bearer.auth.issuer.endpoint.url", issuer.url("/token")),
        ("bearer.auth.client.id", "us".to_owned()),
        ("bearer.auth.client.secret", "er:pass".to_owned()),
    ];
    options.extend(more.iter().map(|(name, value)| (*name, (*value).to_owned())));
    options
}

fn issued(token: &str, more: &str) -> String {
    answer(200, &format!(r#"{{"access_token":"{token}","token_type":"Bearer"{more}}}"#))
}

#[test]
fn a_token_of_an_oauth_server_is_kept_and_renewed() {
    let issuer = Server::answering([
        issued("one", r#","expires_in":3600"#),
        issued("two", r#","expires_in":0"#),
        issued("three", ""),
    ]);
    let server = Server::answering([
        schema("a"),
        schema("b"),
        // The token was revoked.
        answer(401, ""),
        schema("c"),
        // The next one has ended.
        schema("d"),
    ]);
    let options = oauth(&issuer, &[("bearer.auth.scope", "a b+c")]);
    let options: Vec<_> = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let registry = registry(&server.url(""), &options);
    for (id, text) in [(1, "a"), (2, "b"), (3, "c"), (4, "d")] {
        is_schema(&ask(&registry, id), text);
    }
    let sent: Vec<_> = server.asked().iter().map(|asked| token(asked)).collect();
    assert_eq!(sent, ["one", "one", "one", "two", "three"]);
    let asked = issuer.asked();
    assert_eq!(asked.len(), 3);
    for asked in asked {
        assert!(asked.starts_with("post /token ") && asked.contains(BASIC), "{asked}");
        assert!(asked.ends_with("grant_type=client_credentials&scope=a%20b%2bc"), "{asked}");
    }
}

/// Azure's first version of its tokens is one of those that have it as text.
#[test]
fn the_lifetime_of_a_token_may_be_text() {
    for (lifetime, asked) in [(r#""3600""#, 1), (r#""0""#, 2), (r#""soon""#, 1), ("null", 1)] {
        let said = format!(r#","expires_in":{lifetime}"#);
        let issuer = Server::answering([issued("one", &said), issued("two", &said)]);
        let server = Server::answering([schema("a"), schema("b")]);
        let options = oauth(&issuer, &[]);
        let options: Vec<_> = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let registry = registry(&server.url(""), &options);
        is_schema(&ask(&registry, 1), "a");
        is_schema(&ask(&registry, 2), "b");
        assert_eq!(issuer.asked().len(), asked, "{lifetime}");
    }
}

fn token(asked: &str) -> String {
    let value = asked.split("authorization: bearer ").nth(1).unwrap_or_default();
    value.split("\r\n").next().unwrap_or_default().to_owned()
}

#[test]
fn an_oauth_server_that_refuses_or_is_away_gives_the_batch_back() {
    for (said, fault) in [
        (answer(400, r#"{"error":"invalid_client"}"#), Fault::Unauthorized),
        (answer(401, ""), Fault::Unauthorized),
        (answer(503, ""), Fault::Transient),
        (answer(200, "<html>"), Fault::Fatal),
        (String::new(), Fault::Transient),
    ] {
        let (issuer, server) = (Server::answering([said.clone()]), Server::answering([]));
        let options = oauth(&issuer, &[]);
        let options: Vec<_> = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let error = ask(&registry(&server.url(""), &options), 1).expect_err("there is no token");
        assert_eq!(error.fault, fault, "{said}: {error}");
        assert!(error.to_string().contains("OAuth server"), "{error}");
        assert!(!error.to_string().contains("er:pass"), "{error}");
        assert!(server.asked().is_empty());
    }
}

#[test]
fn every_problem_is_noted_and_tells_no_secret() {
    let url = ("url", "http://us:hunter2@h");
    let source = "bearer.auth.credentials.source";
    let cases: &[(Pairs<'_>, &[&str])] = &[
        (&[("url", "http://us:hunter2@h/?x=1")], &["has a URL with a ?"]),
        (&[("url", "h:8081,ftp://h")], &["neither http://", "neither http://"]),
        (&[url, ("bearer.auth.token", "hunter2")], &["is set twice"]),
        (&[url, ("basic.auth.user.info", "hunter2")], &["with a colon"]),
        (&[url, ("basic.auth.credentials.source", "USER_INFO")], &["user.info is required"]),
        (
            &[url, ("basic.auth.credentials.source", "SASL_INHERIT")],
            &["must be one of URL, USER_INFO"],
        ),
        (&[("url", "http://h"), (source, "STATIC_TOKEN")], &["bearer.auth.token is required"]),
        (
            &[("url", "http://h"), (source, "OAUTHBEARER")],
            &[
                "url is required",
                "client.id is required",
                "client.secret is required",
                "https address",
            ],
        ),
        (
            &[
                ("url", "http://h"),
                (source, "OAUTHBEARER"),
                ("bearer.auth.issuer.endpoint.url", "http://hunter2.example/"),
                ("bearer.auth.client.id", "a"),
                ("bearer.auth.client.secret", "hunter2"),
            ],
            &["must be an https address"],
        ),
        (&[("url", "http://h"), ("bearer.auth.client.secret", "hunter2")], &["OAUTHBEARER"]),
        (&[("url", "http://h"), ("ssl.key.location", "hunter2")], &["only work together"]),
        (&[("url", "http://h"), ("type", "glue")], &["one https address of AWS Glue"]),
        (
            &[url, ("basic.auth.credentials.source", "URL"), ("basic.auth.user.info", "hunter2")],
            &["user.info needs schema.registry.basic.auth.credentials.source=USER_INFO"],
        ),
        (&[("url", "http://h"), ("bearer.auth.logical.cluster", "hunter2")], &["needs a token"]),
        (
            &[url, ("bearer.auth.identity.pool.id", "hunter2")],
            &["identity.pool.id needs a token (schema.registry.bearer.auth.*)"],
        ),
        (&[url, ("basic.auth.user.info", "a:hunter2")], &["url and in schema.registry.basic"]),
        (&[("url", "http://us:hunter2@h,http://us:hunter3@i")], &["two logins"]),
        (&[("url", "http://h"), ("basic.auth.credentials.source", "URL")], &["needs a user"]),
        (&[("url", "http://h"), ("ssl.ca.location", "hunter2")], &["ca.location needs an https"]),
        (
            &[("type", "glue"), ("url", "https://us:hunter2@glue.eu-west-1.amazonaws.com")],
            &["has a login"],
        ),
        (&[("url", "http://h"), ("aws.region", "hunter2")], &["needs schema.registry.type=glue"]),
        (
            &[
                ("url", "https://glue.eu-west-1.amazonaws.com"),
                ("type", "glue"),
                ("basic.auth.user.info", "hunter2"),
                ("bearer.auth.token", "hunter2"),
            ],
            &["info needs schema.registry.type=confluent", "token needs schema.registry.type"],
        ),
        (
            &[
                ("url", "http://h"),
                (source, "OAUTHBEARER"),
                ("bearer.auth.issuer.endpoint.url", "https://h/"),
                ("bearer.auth.client.id", "a"),
                ("bearer.auth.client.secret", "hunter2"),
                ("bearer.auth.token", "hunter2"),
            ],
            &["token needs schema.registry.bearer.auth.credentials.source=STATIC_TOKEN"],
        ),
    ];
    for (pairs, problems) in cases {
        let (_, found) = configure(pairs);
        assert_eq!(found.len(), problems.len(), "{found:?}");
        for (found, expected) in found.iter().zip(*problems) {
            assert!(found.contains(expected) && !found.contains("hunter2"), "{found}");
        }
    }
}
