"""The points of a request, read with the official SDK's FlatBuffers classes, and rows for those who ask for points."""

from tablestore.error import OTSClientError
from tablestore.flatbuffer.timeseries.DataType import DataType
from tablestore.flatbuffer.timeseries.FlatBufferRows import FlatBufferRows
from tablestore.plainbuffer.plain_buffer_builder import PlainBufferBuilder

KINDS = {
    DataType.LONG: "LongValues",
    DataType.BOOLEAN: "BoolValues",
    DataType.DOUBLE: "DoubleValues",
    DataType.STRING: "StringValues",
    DataType.BINARY: "BinaryValues",
}


class Point:
    def __init__(self, measurement, source, tags, time, fields):
        self.series = (measurement, source, tags)
        self.time, self.fields = time, fields


def every(table, name):
    """The members of a vector."""
    return [getattr(table, name)(number) for number in range(getattr(table, f"{name}Length")())]


def text(value):
    return (value or b"").decode()


def tags(row):
    """Sorted by name. As text they are only for tables of version 0."""
    if text(row.Tags()):
        raise OTSClientError("tags are a list")
    return tuple(sorted((text(tag.Name()), text(tag.Value())) for tag in every(row, "TagList")))


def fields(group, row):
    """The fields of a row in their order, as (name, value); each kind of value has a vector of its own."""
    names = [text(name) for name in every(group, "FieldNames")]
    kinds = every(group, "FieldTypes")
    if len(names) != len(kinds):
        raise OTSClientError("there is not one type for each field")
    values = row.FieldValues()
    taken = dict.fromkeys(KINDS, 0)
    read = []
    for name, kind in zip(names, kinds):
        if kind not in KINDS or taken[kind] >= getattr(values, f"{KINDS[kind]}Length")():
            raise OTSClientError(f"field {name} has no value of its type")
        value = getattr(values, KINDS[kind])(taken[kind])
        taken[kind] += 1
        if kind == DataType.STRING:
            value = text(value)
        elif kind == DataType.BINARY:
            value = bytes(byte & 0xFF for byte in every(value, "Value"))
        elif kind == DataType.BOOLEAN:
            value = bool(value)
        read.append((name, value))
    return read


def read(data):
    try:
        groups = every(FlatBufferRows.GetRootAs(data), "RowGroups")
        return [
            Point(text(group.MeasurementName()), text(row.DataSource()), tags(row), row.Time(), fields(group, row))
            for group in groups
            for row in every(group, "Rows")
        ]
    except (AttributeError, IndexError, TypeError, ValueError) as error:
        raise OTSClientError(f"these are no points: {error}") from error


def key(series, time):
    """The key of a point as the service shows it."""
    measurement, source, named = series
    shown = ",".join(f'"{name}={value}"' for name, value in named)
    return [("_m_name", measurement), ("_data_source", source), ("_tags", f"[{shown}]"), ("_time", time)]


def rows(found):
    """Points as rows in PlainBuffer, one header for all."""
    header = 4
    encoded = b""
    for series, time, values in found:
        columns = [(f"{name}:0", bytearray(value) if isinstance(value, bytes) else value) for name, value in values]
        row = bytes(PlainBufferBuilder.serialize_for_put_row(key(series, time), columns))
        encoded += row if not encoded else row[header:]
    return encoded
