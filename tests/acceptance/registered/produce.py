"""Writes orders to a topic with Confluent's client: in Avro, Protobuf and JSON Schema, with keys in Avro, and at the
end a tombstone.

usage: produce.py BOOTSTRAP REGISTRY TOPIC
"""

import datetime
import decimal
import json
import sys

from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaReference, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroSerializer
from confluent_kafka.schema_registry.json_schema import JSONSerializer
from confluent_kafka.schema_registry.protobuf import ProtobufSerializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

bootstrap, registry, topic = sys.argv[1:]
client = SchemaRegistryClient({"url": registry})
producer = Producer({"bootstrap.servers": bootstrap})


def conf(name):
    """Each schema has a subject of its own."""
    return {"subject.name.strategy": lambda *_: f"{topic}-{name}"}


ADDRESS = {"type": "record", "name": "shop.Address", "fields": [{"name": "city", "type": "string"}]}
ORDER = {
    "type": "record",
    "name": "shop.Order",
    "fields": [
        {"name": "name", "type": "string"},
        {"name": "note", "type": ["null", "string"]},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 2}},
        {"name": "made", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "address", "type": "shop.Address"},
    ],
}
MADE = datetime.datetime(2026, 1, 31, 12, 30, 0, 125000, tzinfo=datetime.timezone.utc)


def avro():
    client.register_schema(f"{topic}-address", Schema(json.dumps(ADDRESS), "AVRO"))
    reference = SchemaReference("shop.Address", f"{topic}-address", 1)
    schema = Schema(json.dumps(ORDER), "AVRO", [reference])
    serialize = AvroSerializer(client, schema, conf=conf("avro"))

    def order(name, note, amount):
        order = {"name": name, "note": note, "amount": decimal.Decimal(amount), "made": MADE}
        return serialize({**order, "address": {"city": "Köln"}}, context(MessageField.VALUE))

    return order


def protobuf():
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{topic}.proto", package="shop", syntax="proto3", dependency=["google/protobuf/timestamp.proto"]
    )
    address = file.message_type.add(name="Address")
    address.field.add(name="city", number=1, type=9, label=1)
    order = file.message_type.add(name="Order")
    order.field.add(name="name", number=1, type=9, label=1)
    order.field.add(name="note", number=2, type=9, label=1, proto3_optional=True, oneof_index=0)
    order.field.add(name="amount", number=3, type=9, label=1)
    order.field.add(name="made", number=4, type=11, label=1, type_name=".google.protobuf.Timestamp")
    order.field.add(name="address", number=5, type=11, label=1, type_name=".shop.Address")
    order.oneof_decl.add(name="_note")
    pool = descriptor_pool.Default()
    pool.Add(file)
    # The second message of its file.
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Order"))
    serialize = ProtobufSerializer(kind, client, conf("protobuf"))

    def order(name, note, amount):
        made = timestamp_pb2.Timestamp()
        made.FromDatetime(MADE)
        message = kind(name=name, amount=amount, made=made, address={"city": "Köln"})
        if note is not None:
            message.note = note
        return serialize(message, context(MessageField.VALUE))

    return order


def json_schema():
    properties = {name: {"type": "string"} for name in ("name", "made")}
    properties |= {"amount": {"type": "number"}, "address": {"type": "object"}}
    properties |= {"note": {"oneOf": [{"type": "null"}, {"type": "string"}]}}
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "title": "Order", "type": "object"}
    text = json.dumps({**schema, "properties": properties})
    serialize = JSONSerializer(text, client, conf=conf("json"))

    def order(name, note, amount):
        order = {"name": name, "note": note, "amount": float(amount), "made": "2026-01-31T12:30:00.125Z"}
        return serialize({**order, "address": {"city": "Köln"}}, context(MessageField.VALUE))

    return order


def context(field):
    return SerializationContext(topic, field)


KEY = {"type": "record", "name": "shop.Key", "fields": [{"name": "id", "type": "long"}]}
key = AvroSerializer(client, json.dumps(KEY), conf=conf("key"))


def delivered(error, _):
    if error is not None:
        sys.exit(f"a record was not written: {error}")


def send(number, value):
    bytes_of_key = key({"id": number}, context(MessageField.KEY))
    producer.produce(topic, key=bytes_of_key, value=value, partition=0, on_delivery=delivered)


for first, order in ((1, avro()), (4, protobuf()), (7, json_schema())):
    send(first, order("Ann", None, "12.50"))
    send(first + 1, order("", "", "-0.01"))
    send(first + 2, order("Zoë", "gone", "1"))
for last in (3, 6, 9):
    send(last, None)
producer.flush()
