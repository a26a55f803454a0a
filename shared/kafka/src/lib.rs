//! Access to a Kafka cluster: its `kafka.*` options, how a client connects with them, and a
//! producer that says for every message whether all in-sync replicas have it.
//!
//! What is here: TLS, SASL and IAM as [`Access`], the [`Producer`] trait and [`KafkaProducer`], [`Transactions`] for
//! messages that become visible together, and [`read_compacted`] for the last value of each key.
//! What is not here: what a letter is, to which topic it goes, and what happens to a record whose
//! letter was not acknowledged. This crate reads no environment variable, except that `AWS_MSK_IAM`
//! reads the role's credentials from there at each connect.
//!
//! It works with brokers from version 2.6 on. The principal needs Describe and Write on the topics
//! to which it writes; brokers before 2.8 also need IdempotentWrite on the cluster, and MSK with
//! IAM needs `kafka-cluster:WriteDataIdempotently`.

mod access;
mod compacted;
mod connection;
mod error;
mod hint;
mod kafka_producer;
pub mod options;
mod producer;
mod tasks;
mod topics;
mod transaction_error;
mod transactions;

pub use access::Access;
pub use compacted::read_compacted;
pub use error::SendError;
pub use kafka_producer::KafkaProducer;
pub use producer::{Message, Producer};
pub use tasks::{TakenOver, Tasks};
pub use topics::{acceptance, max_message_bytes};
pub use transaction_error::{TRANSACTION_TIMEOUT, TransactionError};
pub use transactions::{Connected, Transactions};
