//! SASL and TLS against the real broker, with right and wrong credentials.

mod support;

use sluice_kafka::{KafkaProducer, Producer, SendError};
use support::{access, create, exported, kcat, message, name, within};

async fn send(listener: &str, topic: &str, options: &[(&str, &str)]) -> Result<(), SendError> {
    let mut producer = KafkaProducer::new(access(&exported(listener), options));
    let results = producer.send(&[message(topic, "hello")], within(15)).await;
    results.into_iter().collect()
}

fn sasl<'o>(protocol: &'o str, mechanism: &'o str) -> [(&'o str, &'o str); 4] {
    [
        ("kafka.security.protocol", protocol),
        ("kafka.sasl.mechanism", mechanism),
        ("kafka.sasl.username", "sluice"),
        ("kafka.sasl.password", "sluice-secret"),
    ]
}

#[tokio::test]
async fn each_mechanism_knows_the_right_password_from_a_wrong_one() {
    let topic = name("sasl");
    create(&exported("TEST_KAFKA"), &topic, 1, &[]).await;
    for mechanism in ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] {
        let mut options = sasl("SASL_PLAINTEXT", mechanism);
        assert_eq!(send("TEST_KAFKA_SASL", &topic, &options).await, Ok(()), "{mechanism}");

        options[3].1 = "not-the-password";
        let error = send("TEST_KAFKA_SASL", &topic, &options).await.expect_err("not let in");
        assert!(matches!(error, SendError::Unauthorized(_)), "{mechanism}: {error}");
        assert!(!error.to_string().contains("not-the-password"), "{error}");
    }
    assert_eq!(kcat(&exported("TEST_KAFKA"), &topic, "%s\n"), b"hello\nhello\nhello\n");
}

#[tokio::test]
async fn tls_trusts_the_authority_it_is_given_and_no_stranger() {
    let topic = name("tls");
    create(&exported("TEST_KAFKA"), &topic, 1, &[]).await;
    let ca = exported("TEST_KAFKA_CA");
    let ssl = ("kafka.security.protocol", "SSL");
    let trusting = [ssl, ("kafka.ssl.ca.location", ca.as_str())];
    assert_eq!(send("TEST_KAFKA_SSL", &topic, &trusting).await, Ok(()));

    let error = send("TEST_KAFKA_SSL", &topic, &[ssl]).await.expect_err("a private authority");
    assert!(matches!(error, SendError::Unauthorized(_)), "{error}");
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    assert_eq!(kcat(&exported("TEST_KAFKA"), &topic, "%s\n"), b"hello\n");
}

#[tokio::test]
async fn a_password_goes_through_tls() {
    let topic = name("sasl-ssl");
    create(&exported("TEST_KAFKA"), &topic, 1, &[]).await;
    let ca = exported("TEST_KAFKA_CA");
    let options =
        [&sasl("SASL_SSL", "SCRAM-SHA-512")[..], &[("kafka.ssl.ca.location", ca.as_str())]]
            .concat();
    assert_eq!(send("TEST_KAFKA_SASL_SSL", &topic, &options).await, Ok(()));
    assert_eq!(kcat(&exported("TEST_KAFKA"), &topic, "%s\n"), b"hello\n");
}

#[tokio::test]
async fn a_certificate_file_that_is_not_there_is_named() {
    let options = [("kafka.security.protocol", "SSL"), ("kafka.ssl.ca.location", "/no/ca.pem")];
    let error = send("TEST_KAFKA_SSL", "any", &options).await.expect_err("no such file");
    assert!(matches!(error, SendError::Unavailable(_)), "{error}");
    assert!(error.to_string().contains("/no/ca.pem"), "{error}");
}
