//! What `sluice trigger` tells the function and the person about letters.

use sluice_tests::database::refusal::Refusal;
use sluice_tests::database::target::Target;
use sluice_tests::pipeline::Pipeline;

const COLUMNS: &str = "id int PRIMARY KEY, amount int CHECK (amount < 100)";

/// The settings of `--kafka` are enough for reading and for letters, and good records of a batch with a
/// bad one are not held back.
#[tokio::test]
async fn a_function_reaches_the_cluster_as_the_trigger_does() {
    let mut pipeline = Pipeline::new("told", 1, COLUMNS).await;
    pipeline.send_values([r#"{"id":1,"amount":1}"#, r#"{"id":2,"amount":100}"#]).await;
    let secured = std::env::var("TEST_KAFKA_SASL").expect("scripts/services.sh exports it");
    let settings = ["security.protocol=SASL_PLAINTEXT", "sasl.mechanism=SCRAM-SHA-512"];
    let login = ["sasl.username=sluice", "sasl.password=${env:BROKER_PASSWORD}"];
    pipeline.variable("BROKER_PASSWORD", "sluice-secret");
    let mut arguments = vec!["--bootstrap", &secured];
    for setting in settings.iter().chain(&login) {
        arguments.extend(["--kafka", setting]);
    }
    let run = pipeline.drain(&arguments).await;
    run.assert_settled();
    assert_eq!((run.count("written"), run.count("lettered")), (1, 1), "{run:#?}");
}

/// Which records are given back is known, and so is why.
async fn what_is_given_back_has_its_reason(target: Target) {
    let mut pipeline = Pipeline::to(target, "reason", 1, COLUMNS).await;
    pipeline.set("errors.tolerance", "none");
    for option in ["errors.deadletterqueue.topic.name", "errors.data.topic.name"] {
        pipeline.unset(option);
    }
    pipeline.send_values([r#"{"id":1,"amount":1}"#, r#"{"id":2,"amount":100}"#]).await;
    let run = pipeline.drain(&["--max-retries", "0"]).await;
    assert_eq!(run.code, Some(1), "{run:#?}");
    assert!(
        run.stderr.contains("the function gave back partition 0 from offset 0: Sluice.BadRecord"),
        "{run:#?}"
    );
    assert!(run.stderr.contains(Refusal::Check.code(target)), "{run:#?}");
}

#[tokio::test]
async fn topics_that_lose_letters_are_warned_of() {
    let mut pipeline = Pipeline::new("losing", 1, COLUMNS).await;
    let (short, compacted) =
        (format!("{}_short", pipeline.name), format!("{}_compacted", pipeline.name));
    pipeline.create_topic(&short, 1, &[("retention.ms", "3600000")]).await;
    pipeline.create_topic(&compacted, 1, &[("cleanup.policy", "compact")]).await;
    let run = pipeline.drain(&[]).await;
    assert!(!run.stderr.contains("warning"), "{run:#?}");
    pipeline.set("errors.deadletterqueue.topic.name", &short);
    pipeline.set("errors.data.topic.name", &compacted);
    let run = pipeline.drain(&[]).await;
    run.assert_settled();
    for says in [
        format!("{short} holds letters and has retention.ms=3600000"),
        format!("{compacted} holds letters and has cleanup.policy=compact"),
    ] {
        assert!(run.stderr.contains(&says), "{says}: {run:#?}");
    }
    // A letter without a key says what is wrong, and that time does not help.
    pipeline.send_values([r#"{"id":2,"amount":100}"#]).await;
    let run = pipeline.drain(&["--max-retries", "0"]).await;
    assert!(run.stderr.contains("Sluice.Fatal"), "{run:#?}");
    assert!(run.stderr.contains("refuses a message without a key"), "{run:#?}");
}

#[tokio::test]
async fn the_own_letters_are_not_read() {
    let pipeline = Pipeline::new("circle", 1, COLUMNS).await;
    let run = pipeline.drain(&["--topics", &pipeline.dead]).await;
    assert_eq!((run.code, run.stdout.as_str()), (Some(2), ""), "{run:#?}");
    assert!(run.stderr.contains(&format!("--topics includes {}", pipeline.dead)), "{run:#?}");
}

sluice_tests::on_each_target! {
    what_is_given_back_has_its_reason,
}
