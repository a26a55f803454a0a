"""Reads a topic with the deserializers of Confluent's client, and prints a line of JSON for each record.

usage: read.py BOOTSTRAP REGISTRY TOPIC FORMAT RECORDS

A format is avro, protobuf or json-schema; keys have the same as values.
"""

import base64
import datetime
import decimal
import json
import sys

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.confluent.types import decimal_pb2
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2
from google.type import date_pb2

bootstrap, registry, topic, form, records = sys.argv[1:]
client = SchemaRegistryClient({"url": registry})
decimal.getcontext().prec = 65


def message(name, fields):
    """A message whose fields are the test's columns."""
    dependency = [it.DESCRIPTOR.name for it in (decimal_pb2, date_pb2, timestamp_pb2)]
    file = descriptor_pb2.FileDescriptorProto(name=f"{name}.proto", syntax="proto3", dependency=dependency)
    of = file.message_type.add(name=name)
    for number, (column, kind, optional) in enumerate(fields, 1):
        if isinstance(kind, str):
            of.field.add(name=column, number=number, type=11, label=1, type_name=kind)
        elif optional:
            of.field.add(name=column, number=number, type=kind, label=1, proto3_optional=True, oneof_index=0)
            of.oneof_decl.add(name=f"_{column}")
        else:
            of.field.add(name=column, number=number, type=kind, label=1)
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(name))


INT64, STRING = 3, 9
KEY = [("id", INT64, False)]
VALUE = KEY + [
    ("note", STRING, True),
    ("amount", ".confluent.type.Decimal", False),
    ("day", ".google.type.Date", True),
    ("fine", ".google.protobuf.Timestamp", True),
]


def scaled(unscaled, scale):
    return str(decimal.Decimal(int.from_bytes(unscaled, "big", signed=True)).scaleb(-scale))


def of_protobuf(row):
    has = row.HasField
    return {
        "id": row.id,
        "note": row.note if has("note") else None,
        "amount": scaled(row.amount.value, row.amount.scale),
        "day": datetime.date(row.day.year, row.day.month, row.day.day) if has("day") else None,
        "fine": row.fine.ToDatetime() if has("fine") else None,
    }


def of_json(row):
    day, fine = row["day"], row["fine"]
    epoch = datetime.datetime(1970, 1, 1)
    return row | {
        "amount": scaled(base64.b64decode(row["amount"]), 10),
        "day": None if day is None else (epoch + datetime.timedelta(days=day)).date(),
        "fine": None if fine is None else epoch + datetime.timedelta(microseconds=fine),
    }


def shown(value):
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=None).isoformat()
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


if form == "avro":
    key = value = AvroDeserializer(client)
    row, key_id = dict, lambda it: it["id"]
elif form == "protobuf":
    conf = {"use.deprecated.format": False}
    key = ProtobufDeserializer(message("ConnectDefault1", KEY), conf)
    value = ProtobufDeserializer(message("t", VALUE), conf)
    row, key_id = of_protobuf, lambda it: it.id
else:
    key = value = JSONDeserializer(None, schema_registry_client=client)
    row, key_id = of_json, lambda it: it["id"]

consumer = Consumer(
    {"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False, "isolation.level": "read_committed"}
)
consumer.assign([TopicPartition(topic, partition, 0) for partition in range(3)])
for _ in range(int(records)):
    record = consumer.poll(30)
    if record is None or record.error():
        sys.exit(f"no record: {record and record.error()}")
    id = key_id(key(record.key(), SerializationContext(topic, MessageField.KEY)))
    cells = row(value(record.value(), SerializationContext(topic, MessageField.VALUE)))
    print(json.dumps({"key": id} | cells, default=shown))
consumer.close()
