//! The topics that a mapping reads, and their descriptions by the cluster.
//!
//! The run decides what follows if a description has changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64_simd::URL_SAFE_NO_PAD;
use krafka::admin::{ListTopicsOptions, TopicDescription};
use krafka::consumer::TopicPartition as ClientPartition;
use krafka::error::ErrorCode;
use krafka::{Kafka, KrafkaError};
use regex_lite::Regex;

/// The names of internal topics begin with this; old brokers do not mark all of them as internal.
const INTERNAL: &str = "__";

/// A regular expression that must match the whole name of a topic, as in Kafka Connect's
/// `topics.regex`.
#[derive(Debug, Clone)]
pub struct TopicPattern {
    text: String,
    regex: Regex,
}

impl TopicPattern {
    /// Reads a pattern. The syntax is that of the crate `regex-lite`: that of Java, without
    /// look-around and back references.
    ///
    /// # Errors
    ///
    /// A text that says what is wrong with the pattern.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("must not be empty".into());
        }
        let wrong = |error| format!("is not a regular expression: {error}");
        // `a)|(b` would be valid between the parentheses, so the text is parsed alone first.
        Regex::new(text).map_err(wrong)?;
        let regex = Regex::new(&format!("^(?:{text})$")).map_err(wrong)?;
        Ok(Self { text: text.to_owned(), regex })
    }

    /// Whether the whole of `topic` matches.
    #[must_use]
    pub fn matches(&self, topic: &str) -> bool {
        self.regex.is_match(topic)
    }
}

/// Which topics are read.
#[derive(Debug, Clone)]
pub enum TopicSelection {
    /// The topics with these names. The run waits for a topic that does not exist.
    Named(Vec<String>),
    /// All topics that match, also those that are created later.
    Matching {
        /// The pattern for names.
        pattern: TopicPattern,
        /// Topics that are never read, because the connector writes to them.
        except: Vec<String>,
    },
}

impl TopicSelection {
    /// Asks the cluster for the current description of the topics.
    ///
    /// # Errors
    ///
    /// The cluster does not answer.
    pub(crate) async fn look_up(&self, kafka: &Kafka) -> Result<View, KrafkaError> {
        let admin = kafka.admin();
        let names = match self {
            Self::Named(names) => names.clone(),
            Self::Matching { .. } => {
                let mut names = admin.list_topics(ListTopicsOptions::default()).await?;
                names.retain(|name| self.takes(name));
                names
            }
        };
        let mut view = View::default();
        if names.is_empty() {
            return Ok(view);
        }
        for (name, described) in admin.describe_topics(&names, Default::default()).await? {
            match described {
                Ok(described) => _ = view.topics.insert(name.as_str().into(), topic(&described)),
                Err(error) if is_missing(&error) => _ = view.missing.insert(name, error),
                Err(error) => return Err(error),
            }
        }
        if matches!(self, Self::Matching { .. }) {
            // A topic was deleted between the two requests; the user has not named it.
            view.missing.clear();
        }
        Ok(view)
    }

    /// The named topics; empty for a pattern.
    #[must_use]
    pub fn named(&self) -> &[String] {
        match self {
            Self::Named(names) => names,
            Self::Matching { .. } => &[],
        }
    }

    /// Whether a topic with this name is read if it exists.
    fn takes(&self, name: &str) -> bool {
        match self {
            Self::Named(names) => names.iter().any(|named| named == name),
            Self::Matching { pattern, except } => {
                let own = except.iter().any(|except| except == name);
                !own && !name.starts_with(INTERNAL) && pattern.matches(name)
            }
        }
    }

    /// The names or the pattern, for a message.
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Named(names) => names.join(","),
            Self::Matching { pattern, .. } => pattern.text.clone(),
        }
    }
}

fn topic(described: &TopicDescription) -> Topic {
    let partitions = described.partitions.iter().map(|partition| partition.partition + 1).max();
    Topic { topic_id: TopicId::of(described.topic_id), partitions: partitions.unwrap_or(0) }
}

/// Whether the topic does not exist or cannot be described by this login, which may change.
fn is_missing(error: &KrafkaError) -> bool {
    matches!(
        error,
        KrafkaError::Broker {
            code: ErrorCode::UnknownTopicOrPartition
                | ErrorCode::TopicAuthorizationFailed
                | ErrorCode::InvalidTopic,
            ..
        }
    )
}

/// Why a topic cannot be read.
pub(crate) fn why_missing(error: &KrafkaError) -> &'static str {
    match error {
        KrafkaError::Broker { code: ErrorCode::TopicAuthorizationFailed, .. } => {
            "this login is not allowed to describe it"
        }
        KrafkaError::Broker { code: ErrorCode::InvalidTopic, .. } => "no topic can have this name",
        _ => "it does not exist",
    }
}

/// The topics of a mapping, as the cluster has described them.
#[derive(Debug, Default)]
pub(crate) struct View {
    pub(crate) topics: BTreeMap<Arc<str>, Topic>,
    /// The named topics that cannot be read, with the cluster's error.
    pub(crate) missing: BTreeMap<String, KrafkaError>,
}

/// One topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Topic {
    pub(crate) topic_id: Option<TopicId>,
    pub(crate) partitions: i32,
}

impl View {
    /// Every partition of every topic.
    pub(crate) fn partitions(&self) -> impl Iterator<Item = ClientPartition> {
        self.topics.iter().flat_map(|(name, topic)| {
            (0..topic.partitions).map(|partition| ClientPartition::new(&**name, partition))
        })
    }
}

/// Kafka's topic id: a topic that is deleted and created again has the same name and a new id
/// (KIP-516, from Kafka 2.8 on).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TopicId(Arc<str>);

/// The text before the topic id in the metadata of a committed offset.
const COMMITTED: &str = "sluice topic-id=";

impl TopicId {
    pub(crate) fn of(id: [u8; 16]) -> Option<Self> {
        // The format of `kafka-topics.sh --describe`.
        (id != [0; 16]).then(|| Self(URL_SAFE_NO_PAD.encode_to_string(id).into()))
    }

    /// The metadata of a committed offset, so that the offset is not used for another topic with
    /// the same name.
    pub(crate) fn metadata(&self) -> String {
        format!("{COMMITTED}{}", self.0)
    }

    /// Reads the topic id from the metadata of a committed offset; `None` if another client
    /// committed the offset.
    pub(crate) fn committed(metadata: &str) -> Option<Self> {
        metadata.strip_prefix(COMMITTED).map(|id| Self(id.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_whole_names_and_never_the_connectors_own() {
        let pattern = TopicPattern::parse("orders|shop[.]db[.].*").expect("a pattern");
        let except = vec!["shop.db.dead".to_owned()];
        let selection = TopicSelection::Matching { pattern, except };
        for (topic, taken) in [
            ("orders", true),
            ("orders2", false),
            ("my-orders", false),
            ("shop.db.items", true),
            ("shopxdb.items", false),
            ("shop.db.dead", false),
        ] {
            assert_eq!(selection.takes(topic), taken, "{topic}");
        }
        let pattern = TopicPattern::parse(".*").expect("a pattern");
        let selection = TopicSelection::Matching { pattern, except: Vec::new() };
        assert!(!selection.takes("__consumer_offsets") && selection.takes("_schemas"));
        for wrong in ["", "a(", "*", "a)|(b"] {
            assert!(TopicPattern::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_identity_survives_its_commit() {
        assert_eq!(TopicId::of([0; 16]), None);
        let topic_id = TopicId::of([0xfb; 16]).expect("a topic id");
        assert_eq!(topic_id.metadata(), "sluice topic-id=-_v7-_v7-_v7-_v7-_v7-w");
        assert_eq!(TopicId::committed(&topic_id.metadata()), Some(topic_id));
        assert_eq!([TopicId::committed(""), TopicId::committed("NONE")], [None, None]);
    }
}
