//! The records, the same every time: ten fields, in three formats. The crates of the rivals write
//! the two binary ones.

use apache_avro::Schema;
use apache_avro::types::Value as AvroValue;
use apache_avro::writer::datum::GenericDatumWriter;
use prost_reflect::bytes::Bytes;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, Value};

use super::turns::Failed;

/// The columns of the table.
pub(super) const COLUMNS: &str = "id bigint, customer text, currency text, note text, \
    amount numeric(12,2), quantity int, created_at timestamptz, gift boolean, \
    weight double precision, status text";
/// Their names.
pub(super) const NAMES: [&str; 10] = [
    "id",
    "customer",
    "currency",
    "note",
    "amount",
    "quantity",
    "created_at",
    "gift",
    "weight",
    "status",
];

pub(super) const AVRO: &str = r#"{"type":"record","name":"Order","fields":[
    {"name":"id","type":"long"},{"name":"customer","type":"string"},{"name":"currency","type":"string"},
    {"name":"note","type":["null","string"]},
    {"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":12,"scale":2}},
    {"name":"quantity","type":"int"},
    {"name":"created_at","type":{"type":"long","logicalType":"timestamp-millis"}},
    {"name":"gift","type":"boolean"},{"name":"weight","type":"double"},
    {"name":"status","type":{"type":"enum","name":"Status","symbols":["OPEN","PAID","SHIPPED"]}}]}"#;

pub(super) const PROTOBUF: &str = r#"syntax = "proto3";
    import "google/protobuf/timestamp.proto"; import "confluent/type/decimal.proto";
    message Order { int64 id = 1; string customer = 2; string currency = 3; optional string note = 4;
      confluent.type.Decimal amount = 5; int32 quantity = 6; google.protobuf.Timestamp created_at = 7;
      bool gift = 8; double weight = 9; Status status = 10; }
    enum Status { OPEN = 0; PAID = 1; SHIPPED = 2; }"#;
const TIMESTAMP: &str = r#"syntax = "proto3"; package google.protobuf;
    message Timestamp { int64 seconds = 1; int32 nanos = 2; }"#;
const DECIMAL: &str = r#"syntax = "proto3"; package confluent.type;
    message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }"#;

const NAMES_OF_CUSTOMERS: [&str; 4] =
    ["Ada Lovelace", "Grace Hopper", "Émilie du Châtelet", "Edsger Dijkstra"];
const CURRENCIES: [&str; 3] = ["EUR", "USD", "CHF"];
pub(super) const STATUSES: [&str; 3] = ["OPEN", "PAID", "SHIPPED"];
const NOTE: &str = "leave it with the neighbours";

/// One record.
pub(super) struct Order(pub(super) i64);

impl Order {
    fn customer(&self) -> &'static str {
        NAMES_OF_CUSTOMERS[self.0 as usize % 4]
    }

    fn currency(&self) -> &'static str {
        CURRENCIES[self.0 as usize % 3]
    }

    fn note(&self) -> Option<&'static str> {
        (self.0 % 2 == 0).then_some(NOTE)
    }

    fn cents(&self) -> i64 {
        self.0 * 137 % 9_000_000 + 100
    }

    fn quantity(&self) -> i32 {
        (self.0 % 90 + 1) as i32
    }

    fn millis(&self) -> i64 {
        1_795_168_800_123 + self.0 * 1_001
    }

    fn weight(&self) -> f64 {
        (self.0 % 4_000) as f64 / 64.0 + 0.1
    }

    fn status(&self) -> i32 {
        (self.0 % 3) as i32
    }

    /// As plain JSON.
    pub(super) fn json(&self) -> Result<Vec<u8>, Failed> {
        let note = self.note().map_or("null".to_owned(), |note| format!("\"{note}\""));
        let (whole, cents) = (self.cents() / 100, self.cents() % 100);
        let created_at = moment(self.millis())?;
        Ok(format!(
            r#"{{"id":{},"customer":"{}","currency":"{}","note":{note},"amount":{whole}.{cents:02},"quantity":{},"created_at":"{created_at}","gift":{},"weight":{:?},"status":"{}"}}"#,
            self.0,
            self.customer(),
            self.currency(),
            self.quantity(),
            self.0 % 5 == 0,
            self.weight(),
            STATUSES[self.status() as usize],
        )
        .into())
    }

    /// As Avro in Confluent's frame.
    pub(super) fn avro(&self, schema: &Schema) -> Result<Vec<u8>, Failed> {
        let text = |text: &str| AvroValue::String(text.to_owned());
        let note = match self.note() {
            Some(note) => AvroValue::Union(1, Box::new(text(note))),
            None => AvroValue::Union(0, Box::new(AvroValue::Null)),
        };
        let values = [
            AvroValue::Long(self.0),
            text(self.customer()),
            text(self.currency()),
            note,
            AvroValue::Decimal(self.cents().to_be_bytes()[4..].to_vec().into()),
            AvroValue::Int(self.quantity()),
            AvroValue::TimestampMillis(self.millis()),
            AvroValue::Boolean(self.0 % 5 == 0),
            AvroValue::Double(self.weight()),
            AvroValue::Enum(self.status() as u32, STATUSES[self.status() as usize].to_owned()),
        ];
        let record = NAMES.map(str::to_owned).into_iter().zip(values).collect();
        let writer = GenericDatumWriter::builder(schema).build()?;
        let payload = writer.write_value_to_vec(AvroValue::Record(record))?;
        Ok([&[0, 0, 0, 0, 1][..], &payload].concat())
    }

    /// As Protobuf in Confluent's frame.
    pub(super) fn protobuf(&self, order: &MessageDescriptor) -> Result<Vec<u8>, Failed> {
        let pool = order.parent_pool();
        let part = |name: &str, values: &[(u32, Value)]| -> Result<Value, Failed> {
            let mut message =
                DynamicMessage::new(pool.get_message_by_name(name).ok_or("no such message")?);
            values
                .iter()
                .for_each(|(field, value)| message.set_field_by_number(*field, value.clone()));
            Ok(Value::Message(message))
        };
        let unscaled = Bytes::copy_from_slice(&self.cents().to_be_bytes()[4..]);
        let millis = self.millis();
        let mut message = DynamicMessage::new(order.clone());
        let mut set = |field: u32, value| message.set_field_by_number(field, value);
        set(1, Value::I64(self.0));
        set(2, Value::String(self.customer().to_owned()));
        set(3, Value::String(self.currency().to_owned()));
        if let Some(note) = self.note() {
            set(4, Value::String(note.to_owned()));
        }
        let decimal = [(1, Value::Bytes(unscaled)), (2, Value::U32(12)), (3, Value::I32(2))];
        set(5, part("confluent.type.Decimal", &decimal)?);
        set(6, Value::I32(self.quantity()));
        let nanos = (millis % 1_000 * 1_000_000) as i32;
        let moment = [(1, Value::I64(millis / 1_000)), (2, Value::I32(nanos))];
        set(7, part("google.protobuf.Timestamp", &moment)?);
        set(8, Value::Bool(self.0 % 5 == 0));
        set(9, Value::F64(self.weight()));
        set(10, Value::EnumNumber(self.status()));
        let payload = prost::Message::encode_to_vec(&message);
        Ok([&[0, 0, 0, 0, 2, 0][..], &payload].concat())
    }
}

/// A moment as every way writes it.
pub(super) fn moment(millis: i64) -> Result<String, Failed> {
    Ok(jiff::Timestamp::from_millisecond(millis)?.to_string())
}

/// The Protobuf message of a record.
pub(super) fn order() -> Result<MessageDescriptor, Failed> {
    let mut pool = DescriptorPool::new();
    for (path, text) in [
        ("google/protobuf/timestamp.proto", TIMESTAMP),
        ("confluent/type/decimal.proto", DECIMAL),
        ("order.proto", PROTOBUF),
    ] {
        pool.add_file_descriptor_proto(protox_parse::parse(path, text)?)?;
    }
    Ok(pool.get_message_by_name("Order").ok_or("the schema has no Order")?)
}
