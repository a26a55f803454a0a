//! The road to a Kafka cluster: its `kafka.*` options, how a client connects with them, and
//! a producer that says for every message whether all in-sync replicas have it.
//!
//! Lives here: TLS, SASL and IAM as [`Access`], the [`Producer`] trait and [`KafkaProducer`].
//! Does not live here: what a letter is, which topic it goes to, what happens to a record
//! whose letter was not acknowledged. This crate reads no environment variable, except that
//! `AWS_MSK_IAM` takes the role's credentials from there at each connect.
//!
//! Works with brokers from 2.6 on. The principal needs Describe and Write on the topics it
//! writes to; brokers before 2.8 also ask for IdempotentWrite on the cluster, and MSK with
//! IAM for `kafka-cluster:WriteDataIdempotently`.

mod access;
mod error;
mod hint;
mod kafka_producer;
mod line;
pub mod options;
mod producer;

pub use access::Access;
pub use error::SendError;
pub use kafka_producer::KafkaProducer;
pub use producer::{Message, Producer};
