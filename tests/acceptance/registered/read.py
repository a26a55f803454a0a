"""Reads the values of a topic from its beginning with Confluent's client, and prints one line for each.

usage: read.py BOOTSTRAP REGISTRY TOPIC FORMAT…

A format is avro, protobuf, or - for a record that is left out.
"""

import sys

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.protobuf import ProtobufDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

bootstrap, registry, topic, *formats = sys.argv[1:]
client = SchemaRegistryClient({"url": registry})
context = SerializationContext(topic, MessageField.VALUE)


def order():
    """The message of the test's schema, whose file has another message before it."""
    file = descriptor_pb2.FileDescriptorProto(
        name="order.proto", package="shop", syntax="proto3", dependency=[timestamp_pb2.DESCRIPTOR.name]
    )
    file.message_type.add(name="Address").field.add(name="city", number=1, type=9, label=1)
    message = file.message_type.add(name="Order")
    message.field.add(name="id", number=1, type=4, label=1)
    message.field.add(name="note", number=2, type=9, label=1, proto3_optional=True, oneof_index=0)
    message.field.add(name="amount", number=3, type=9, label=1)
    message.field.add(name="made", number=4, type=11, label=1, type_name=".google.protobuf.Timestamp")
    message.field.add(name="raw", number=5, type=12, label=1)
    message.oneof_decl.add(name="_note")
    pool = descriptor_pool.Default()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("shop.Order"))


avro = AvroDeserializer(client)
protobuf = ProtobufDeserializer(order(), {"use.deprecated.format": False})


def shown(form, value):
    if form == "avro":
        order = avro(value, context)
        made = order["made"].replace(tzinfo=None)
        parts = [order["id"], order["note"], order["amount"], made.isoformat(), order["raw"].hex()]
    else:
        order = protobuf(value, context)
        note = order.note if order.HasField("note") else None
        parts = [order.id, note, order.amount, order.made.ToDatetime().isoformat(), order.raw.hex()]
    return "|".join(str(part) for part in parts)


consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False})
consumer.assign([TopicPartition(topic, 0, 0)])
for form in formats:
    message = consumer.poll(30)
    if message is None or message.error():
        sys.exit(f"no record: {message and message.error()}")
    if form != "-":
        print(shown(form, message.value()))
consumer.close()
