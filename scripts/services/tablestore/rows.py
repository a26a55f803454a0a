"""Rows in PlainBuffer, read with the official SDK's reader and checksums.

The SDK reads only what the service sends. Two methods are added for what a client sends: the operation on a
cell, and a key that the service numbers.
"""

from tablestore.error import OTSClientError
from tablestore.plainbuffer import plain_buffer_coded_stream as coded
from tablestore.plainbuffer.plain_buffer_crc8 import PlainBufferCrc8
from tablestore.plainbuffer.plain_buffer_stream import PlainBufferInputStream

CELL, NAME, VALUE, OPERATION, VERSION = (chr(tag) for tag in (3, 4, 5, 6, 7))
DELETED, ROW_CHECKSUM, CELL_CHECKSUM = (chr(tag) for tag in (8, 9, 10))
ROW_KEY, ROW_DATA = chr(1), chr(2)
AUTO_INCREMENT_TYPE = 11
AUTO_INCREMENT = object()
PUT, DELETE_ONE, DELETE_ALL = "put", "delete_one", "delete_all"
OPERATIONS = {1: DELETE_ALL, 3: DELETE_ONE, 4: "increment"}


class Reader(coded.PlainBufferCodedInputStream):
    def read_primary_key_value(self, crc):
        stream = self.input_stream
        if stream.buffer[stream.cur_pos + 4] != AUTO_INCREMENT_TYPE:
            return super().read_primary_key_value(crc)
        stream.read_raw_little_endian32()
        crc = PlainBufferCrc8.crc_int8(crc, ord(stream.read_raw_byte()))
        stream.read_tag()
        return AUTO_INCREMENT, crc

    def read_cell(self):
        """A cell besides the key: name, operation, value, version, and its checksum."""
        stream = self.input_stream
        stream.read_tag()
        self.expect(NAME)
        name = stream.read_utf_string(stream.read_raw_little_endian32())
        crc = PlainBufferCrc8.crc_string(0, name)
        stream.read_tag()
        value = version = None
        operation = 0
        if stream.last_tag == VALUE:
            value, crc = self.read_column_value(crc)
        if stream.last_tag == OPERATION:
            operation = ord(stream.read_raw_byte())
            stream.read_tag()
        if stream.last_tag == VERSION:
            version = stream.read_int64()
            crc = PlainBufferCrc8.crc_int64(crc, version)
            stream.read_tag()
        if operation:
            crc = PlainBufferCrc8.crc_int8(crc, operation)
        self.expect(CELL_CHECKSUM)
        if ord(stream.read_raw_byte()) != crc:
            raise OTSClientError("the checksum of a cell is wrong")
        stream.read_tag()
        return (name, OPERATIONS[operation] if operation else PUT, value, version), crc

    def expect(self, tag):
        if self.input_stream.last_tag != tag:
            raise OTSClientError(f"tag {ord(tag)} was expected")


def read(data):
    """The key, the other cells, and whether the row is deleted."""
    stream = PlainBufferInputStream(data)
    reader = Reader(stream)
    if reader.read_header() != 0x75:
        raise OTSClientError("this is not PlainBuffer")
    stream.read_tag()
    reader.expect(ROW_KEY)
    stream.read_tag()
    crc, key, cells = 0, [], []
    while stream.last_tag == CELL:
        name, value, crc = reader.read_primary_key_column(crc)
        key.append((name, value))
    if stream.last_tag == ROW_DATA:
        stream.read_tag()
        while stream.last_tag == CELL:
            cell, cell_crc = reader.read_cell()
            crc = PlainBufferCrc8.crc_int8(crc, cell_crc)
            cells.append(cell)
    deleted = stream.last_tag == DELETED
    if deleted:
        stream.read_tag()
    crc = PlainBufferCrc8.crc_int8(crc, int(deleted))
    reader.expect(ROW_CHECKSUM)
    if ord(stream.read_raw_byte()) != crc:
        raise OTSClientError("the checksum of a row is wrong")
    if stream.cur_pos != stream.len:
        raise OTSClientError("there is something behind the row")
    return key, cells, deleted
