//! Every mechanism, and every mistake in its options.

use krafka::auth::{SaslMechanism, SecurityProtocol};

use super::*;
use crate::options::OPTIONS;

fn read(pairs: &[(&str, &str)]) -> (Access, Vec<String>) {
    let pairs = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let mut settings = Settings::new(OPTIONS, pairs);
    let access = Access::from_settings(&mut settings);
    (access, settings.check().err().map_or(Vec::new(), |problems| problems.0))
}

fn accepted(pairs: &[(&str, &str)]) -> Access {
    let (access, problems) = read(pairs);
    assert_eq!(problems, Vec::<String>::new());
    access
}

fn sasl_ssl<'p>(mechanism: &'p str, more: &[(&'p str, &'p str)]) -> Vec<(&'p str, &'p str)> {
    let pair = [("kafka.security.protocol", "SASL_SSL"), ("kafka.sasl.mechanism", mechanism)];
    [&pair, more].concat()
}

const USER: [(&str, &str); 2] =
    [("kafka.sasl.username", "sluice"), ("kafka.sasl.password", "s3cr3t")];

#[test]
fn nothing_set_is_plaintext_to_the_brokers_of_the_event() {
    let access = accepted(&[]).or_servers("b-1:9092,b-2:9092");
    assert_eq!(access.servers(), "b-1:9092,b-2:9092");
    assert_eq!(access.client_id, "sluice");
    assert_eq!(access.security.security_protocol(), &SecurityProtocol::Plaintext);
}

#[test]
fn brokers_that_are_set_win_over_the_event() {
    let access = accepted(&[("kafka.bootstrap.servers", " one:1, [::1]:2 ,")]);
    assert_eq!(access.or_servers("event:9092").servers(), "one:1,[::1]:2");
}

#[test]
fn each_password_mechanism_carries_its_user() {
    let access = accepted(&sasl_ssl("PLAIN", &USER));
    assert_eq!(access.security.sasl_mechanism(), Some(&SaslMechanism::Plain));
    let plain = access.security.plain_credentials().expect("credentials of PLAIN");
    assert_eq!((plain.username.as_str(), plain.password.as_str()), ("sluice", "s3cr3t"));

    for (word, mechanism) in [
        ("SCRAM-SHA-256", SaslMechanism::ScramSha256),
        ("scram-sha-512", SaslMechanism::ScramSha512),
    ] {
        let access = accepted(&sasl_ssl(word, &USER));
        assert_eq!(access.security.sasl_mechanism(), Some(&mechanism));
        let scram = access.security.scram_credentials().expect("credentials of SCRAM");
        assert_eq!((scram.username.as_str(), scram.password.as_str()), ("sluice", "s3cr3t"));
        assert_eq!(access.security.security_protocol(), &SecurityProtocol::SaslSsl);
    }
}

#[test]
fn sasl_without_tls_stays_without() {
    let mut pairs = sasl_ssl("SCRAM-SHA-512", &USER);
    pairs[0].1 = "SASL_PLAINTEXT";
    let access = accepted(&pairs);
    assert_eq!(access.security.security_protocol(), &SecurityProtocol::SaslPlaintext);
    assert!(access.security.tls_config().is_none());
}

#[test]
fn tls_takes_its_files_and_does_not_open_them() {
    let access = accepted(&[
        ("kafka.security.protocol", "SSL"),
        ("kafka.ssl.ca.location", "/no/ca.pem"),
        ("kafka.ssl.certificate.location", "/no/client.pem"),
        ("kafka.ssl.key.location", "/no/client.key"),
    ]);
    let tls = access.security.tls_config().expect("a TLS configuration");
    assert_eq!(tls.ca_cert_path(), Some("/no/ca.pem"));
    assert_eq!(tls.client_cert_path(), Some("/no/client.pem"));
    assert_eq!(tls.client_key_path(), Some("/no/client.key"));
    assert!(tls.verify_server_cert());
}

#[test]
fn iam_needs_a_region_and_keeps_no_credentials() {
    let access = accepted(&sasl_ssl("AWS_MSK_IAM", &[("kafka.aws.region", "eu-central-1")]));
    assert_eq!(access.security.sasl_mechanism(), Some(&SaslMechanism::AwsMskIam));
    assert_eq!(access.security.security_protocol(), &SecurityProtocol::SaslSsl);
    assert!(access.security.aws_msk_iam_credentials().is_none(), "read at each connect");

    let (_, problems) = read(&sasl_ssl("AWS_MSK_IAM", &[]));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].starts_with("kafka.aws.region is required"), "{problems:?}");
}

#[test]
fn iam_is_refused_without_tls() {
    let mut pairs = sasl_ssl("AWS_MSK_IAM", &[("kafka.aws.region", "eu-central-1")]);
    pairs[0].1 = "SASL_PLAINTEXT";
    let (_, problems) = read(&pairs);
    let expected = "kafka.sasl.mechanism=AWS_MSK_IAM needs kafka.security.protocol to be SASL_SSL";
    assert_eq!(problems, [expected]);
}

#[test]
fn a_region_from_the_environment_bothers_nobody_else() {
    accepted(&[("kafka.aws.region", "eu-central-1")]);
}

const OAUTH: [(&str, &str); 3] = [
    ("kafka.sasl.oauthbearer.token.endpoint.url", "https://id.example.com/token"),
    ("kafka.sasl.oauthbearer.client.id", "sluice"),
    ("kafka.sasl.oauthbearer.client.secret", "s3cr3t"),
];

#[test]
fn oauth_needs_endpoint_client_and_secret() {
    let scope = ("kafka.sasl.oauthbearer.scope", "kafka");
    let access = accepted(&sasl_ssl("OAUTHBEARER", &[&OAUTH[..], &[scope]].concat()));
    assert_eq!(access.security.sasl_mechanism(), Some(&SaslMechanism::OAuthBearer));
    assert_eq!(access.security.security_protocol(), &SecurityProtocol::SaslSsl);

    let (_, problems) = read(&sasl_ssl("OAUTHBEARER", &[]));
    assert_eq!(problems.len(), 3, "{problems:?}");
    for ((name, _), problem) in OAUTH.iter().zip(&problems) {
        assert!(problem.starts_with(&format!("{name} is required")), "{problem}");
    }
}

#[test]
fn a_token_is_not_asked_for_in_the_clear() {
    let mut pairs = sasl_ssl("OAUTHBEARER", &OAUTH);
    pairs[2].1 = "http://id.example.com/s3cr3t";
    let (_, problems) = read(&pairs);
    let name = OAUTH[0].0;
    assert_eq!(problems, [format!("{name} must be an https address: a secret is sent to it")]);
}

#[test]
fn every_problem_is_noted_at_once() {
    let (_, problems) = read(&[
        ("kafka.bootstrap.servers", "one:9092,two"),
        ("kafka.security.protocol", "SASL_SSL"),
        ("kafka.ssl.key.location", "/key.pem"),
    ]);
    assert_eq!(problems.len(), 3, "{problems:?}");
    assert!(problems[0].contains("host:port") && problems[0].contains("`two`"));
    assert!(problems[1].starts_with("kafka.sasl.mechanism is required"));
    assert!(problems[2].ends_with("kafka.ssl.key.location only work together"));
}

#[test]
fn a_password_mechanism_asks_for_both_halves() {
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let (_, problems) = read(&sasl_ssl(mechanism, &[]));
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(problems[0].starts_with("kafka.sasl.username is required"), "{problems:?}");
        assert!(problems[1].starts_with("kafka.sasl.password is required"), "{problems:?}");
    }
}

#[test]
fn unknown_words_name_the_known_ones() {
    let (_, problems) = read(&[("kafka.security.protocol", "TLS")]);
    assert!(problems[0].contains("PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL, not `TLS`"));

    let (_, problems) = read(&sasl_ssl("GSSAPI", &USER));
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(problems[0].contains("AWS_MSK_IAM, OAUTHBEARER, not `GSSAPI`"), "{problems:?}");
}

#[test]
fn an_option_without_effect_is_a_problem() {
    let (_, problems) = read(&[USER[0], ("kafka.ssl.ca.location", "/ca.pem")]);
    let sasl = "kafka.sasl.username needs kafka.security.protocol to be SASL_PLAINTEXT or SASL_SSL";
    let tls = "kafka.ssl.ca.location needs kafka.security.protocol to be SSL or SASL_SSL";
    assert_eq!(problems, [sasl, tls]);
}

#[test]
fn debug_and_problems_show_no_secret() {
    let all = [&USER[..], &OAUTH[..]].concat();
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] {
        let (access, problems) = read(&sasl_ssl(mechanism, &all));
        let shown = format!("{access:?} {problems:?}");
        assert!(!shown.contains("s3cr3t"), "{shown}");
    }
}
