//! Lambda's Kafka event as JSON text, in every shape that real events have had. The shape is
//! documented in "Using Lambda with Amazon MSK" and "… with self-managed Apache Kafka".

use base64_simd::STANDARD;

/// The default timestamp of all records: 2026-01-01T00:00:00Z in milliseconds.
pub const TIMESTAMP: i64 = 1_767_225_600_000;

/// Collects records and writes them as one event.
#[derive(Debug, Clone)]
pub struct EventBuilder {
    source: &'static str,
    records: Vec<RecordBuilder>,
}

impl EventBuilder {
    /// An event of Amazon MSK.
    #[must_use]
    pub fn msk() -> Self {
        let source = r#""eventSource":"aws:kafka","eventSourceArn":"arn:aws:kafka:eu-west-1:123456789012:cluster/demo/0c8a4a8c-1","#;
        Self { source, records: Vec::new() }
    }

    /// An event of self-managed Kafka.
    #[must_use]
    pub fn self_managed() -> Self {
        Self { source: r#""eventSource":"SelfManagedKafka","#, records: Vec::new() }
    }

    /// Adds a record. The event has its partitions in the order of their first record.
    #[must_use]
    pub fn record(mut self, record: RecordBuilder) -> Self {
        self.records.push(record);
        self
    }

    /// Adds records that have only a value, at the next offsets of the partition.
    #[must_use]
    pub fn values<V: AsRef<[u8]>>(
        self,
        topic: &str,
        partition: i32,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        values.into_iter().fold(self, |event, value| {
            let record = event.next(topic, partition).value(value);
            event.record(record)
        })
    }

    /// Adds records with keys at the next offsets of the partition; a record without a value is a
    /// tombstone.
    #[must_use]
    pub fn keyed<K: AsRef<[u8]>>(
        self,
        topic: &str,
        partition: i32,
        records: impl IntoIterator<Item = (K, Option<&'static str>)>,
    ) -> Self {
        records.into_iter().fold(self, |event, (key, value)| {
            let record = event.next(topic, partition).key(key);
            event.record(match value {
                Some(value) => record.value(value),
                None => record,
            })
        })
    }

    /// A record at the next offset of the partition, not added yet; the first offset is 0.
    #[must_use]
    pub fn next(&self, topic: &str, partition: i32) -> RecordBuilder {
        let mut earlier = self.records.iter().rev();
        let last = earlier.find(|known| known.topic == topic && known.partition == partition);
        RecordBuilder::new(topic, partition, last.map_or(0, |known| known.offset + 1))
    }

    /// The event as the function receives it.
    #[must_use]
    pub fn build(&self) -> Vec<u8> {
        let mut partitions: Vec<(String, Vec<String>)> = Vec::new();
        for record in &self.records {
            let name = format!("{}-{}", record.topic, record.partition);
            match partitions.iter_mut().find(|(known, _)| *known == name) {
                Some((_, records)) => records.push(record.json()),
                None => partitions.push((name, vec![record.json()])),
            }
        }
        let partitions: Vec<String> = partitions
            .into_iter()
            .map(|(name, records)| format!("{}:[{}]", quoted(&name), records.join(",")))
            .collect();
        let servers = r#""bootstrapServers":"b-1.demo:9092,b-2.demo:9092""#;
        let records = partitions.join(",");
        format!("{{{}{servers},\"records\":{{{records}}}}}", self.source).into_bytes()
    }
}

/// A member of a record: left out, `null`, or with a value.
#[derive(Debug, Clone)]
enum Member<T> {
    Absent,
    Null,
    Given(T),
}

/// One record. Key and value are `null` and the headers an empty list until they are given.
#[derive(Debug, Clone)]
pub struct RecordBuilder {
    topic: String,
    partition: i32,
    offset: i64,
    timestamp: i64,
    key: Member<Vec<u8>>,
    value: Member<Vec<u8>>,
    headers: Member<Vec<(String, Option<Vec<u8>>)>>,
    others: Vec<(String, String)>,
}

impl RecordBuilder {
    /// A tombstone without a key.
    #[must_use]
    pub fn new(topic: &str, partition: i32, offset: i64) -> Self {
        Self {
            topic: topic.to_owned(),
            partition,
            offset,
            timestamp: TIMESTAMP,
            key: Member::Null,
            value: Member::Null,
            headers: Member::Given(Vec::new()),
            others: Vec::new(),
        }
    }

    /// Sets its key, which may be empty.
    #[must_use]
    pub fn key(self, key: impl AsRef<[u8]>) -> Self {
        Self { key: Member::Given(key.as_ref().to_vec()), ..self }
    }

    /// Leaves the member `key` out.
    #[must_use]
    pub fn absent_key(self) -> Self {
        Self { key: Member::Absent, ..self }
    }

    /// Sets its value, which may be empty.
    #[must_use]
    pub fn value(self, value: impl AsRef<[u8]>) -> Self {
        Self { value: Member::Given(value.as_ref().to_vec()), ..self }
    }

    /// Leaves the member `value` out: a tombstone of the other kind.
    #[must_use]
    pub fn absent_value(self) -> Self {
        Self { value: Member::Absent, ..self }
    }

    /// Adds a header; `None` is a header whose value is null.
    #[must_use]
    pub fn header(mut self, name: &str, value: Option<&[u8]>) -> Self {
        let header = (name.to_owned(), value.map(<[u8]>::to_vec));
        match &mut self.headers {
            Member::Given(headers) => headers.push(header),
            other => *other = Member::Given(vec![header]),
        }
        self
    }

    /// Makes the member `headers` null.
    #[must_use]
    pub fn null_headers(self) -> Self {
        Self { headers: Member::Null, ..self }
    }

    /// Leaves the member `headers` out.
    #[must_use]
    pub fn absent_headers(self) -> Self {
        Self { headers: Member::Absent, ..self }
    }

    /// Milliseconds since the Unix epoch; −1 if the broker has no timestamp.
    #[must_use]
    pub fn timestamp(self, timestamp: i64) -> Self {
        Self { timestamp, ..self }
    }

    /// Adds a member as JSON text, e.g. schema metadata or one not known yet.
    #[must_use]
    pub fn member(mut self, name: &str, json: &str) -> Self {
        self.others.push((name.to_owned(), json.to_owned()));
        self
    }

    fn json(&self) -> String {
        let mut members = vec![
            format!("\"topic\":{}", quoted(&self.topic)),
            format!("\"partition\":{}", self.partition),
            format!("\"offset\":{}", self.offset),
            format!("\"timestamp\":{}", self.timestamp),
            "\"timestampType\":\"CREATE_TIME\"".to_owned(),
        ];
        let base64 = |bytes: &Vec<u8>| format!("\"{}\"", STANDARD.encode_to_string(bytes));
        members.extend(member("key", &self.key, base64));
        members.extend(member("value", &self.value, base64));
        members.extend(member("headers", &self.headers, |headers| {
            let headers: Vec<String> = headers.iter().map(header).collect();
            format!("[{}]", headers.join(","))
        }));
        members.extend(self.others.iter().map(|(name, json)| format!("{}:{json}", quoted(name))));
        format!("{{{}}}", members.join(","))
    }
}

fn member<T>(name: &str, member: &Member<T>, json: impl Fn(&T) -> String) -> Option<String> {
    match member {
        Member::Absent => None,
        Member::Null => Some(format!("\"{name}\":null")),
        Member::Given(given) => Some(format!("\"{name}\":{}", json(given))),
    }
}

/// Bytes are signed, as Java writes them.
fn header((name, value): &(String, Option<Vec<u8>>)) -> String {
    let bytes = |value: &Vec<u8>| {
        let bytes: Vec<String> = value.iter().map(|byte| byte.cast_signed().to_string()).collect();
        format!("[{}]", bytes.join(","))
    };
    format!("{{{}:{}}}", quoted(name), value.as_ref().map_or("null".to_owned(), bytes))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
