"""The time-series tables of one instance in memory, and what the service's pages say that it refuses.

Sources: "Limits on the TimeSeries model", "PutTimeseriesData", "Write time series data" (a point that is written
again replaces the one before as a whole), and the official Java SDK's checks of tags. Two points of one series and
time in one request are refused here, because no page says which of them stays.
"""

import re

import crc32c
import tablestore.protobuf.timeseries_pb2 as ts

import points
from tables import MOST_BYTES, MOST_VALUE_BYTES, NAME, Refused, TablesByName, invalid, size

MOST_POINTS, MOST_FIELDS = 200, 1024
MOST_NAME, MOST_SOURCE = 128, 256
FIELD = re.compile(r"[a-z_][a-z0-9_]{0,127}\Z")
TAG = re.compile(r'[!#-<>-~]+\Z')
RESERVED = {"_m_name", "_data_source", "_tags", "_time", "_meta_update_time", "_attributes"}
LEAST_TIME_TO_LIVE = 86_400


class Table:
    def __init__(self, meta):
        self.meta = meta
        self.points = {}
        self.known = set()  # the series that have metadata
        self.refusals = 0  # how many points it still refuses because it was made just now


class SeriesTables(TablesByName):
    """The time-series tables of one instance."""

    def create(self, request, taken=(), refusals=0):
        meta = request.table_meta
        if not NAME.match(meta.table_name) or len(meta.table_name) > MOST_NAME:
            raise invalid(f"Invalid table name: '{meta.table_name}'.")
        ttl = meta.table_options.time_to_live
        if ttl != -1 and ttl < LEAST_TIME_TO_LIVE:
            raise invalid("Invalid time to live.")
        if meta.table_name in self.tables or meta.table_name in taken:
            raise Refused(409, "OTSObjectAlreadyExist", "Requested table already exists.")
        meta.status = "CREATED"
        self.tables[meta.table_name] = table = Table(meta)
        table.refusals = refusals

    def replace(self, name):
        """A table of this name is dropped and made anew."""
        self.tables.pop(name, None)
        request = ts.CreateTimeseriesTableRequest()
        request.table_meta.table_name = name
        request.table_meta.table_options.time_to_live = -1
        self.create(request)

    def put(self, request, bytes_sent, refuse):
        """PutTimeseriesData. `refuse` gives the code with which a point is not taken, or None."""
        table, found = self.check(request, bytes_sent)
        answer = ts.PutTimeseriesDataResponse()
        for number, point in enumerate(found):
            code = refuse(number)
            if not code and table.refusals:
                table.refusals -= 1
                code = "OTSTableNotReady"
            if code:
                answer.failed_rows.add(row_index=number, error_code=code, error_message="The stand-in says so.")
                continue
            table.points[(point.series, point.time)] = point.fields
            if request.meta_update_mode == ts.MUM_NORMAL:
                table.known.add(point.series)
        return answer, len(found)

    def check(self, request, bytes_sent):
        """What is refused as a whole."""
        table, data = self.table(request.table_name), request.rows_data
        if data.type != ts.RST_FLAT_BUFFER or request.supported_table_version != 1:
            raise invalid("Rows are FlatBuffers, for tables of version 1.")
        if crc32c.crc32c(data.rows_data) != data.flatbuffer_crc32c & 0xFFFFFFFF:
            raise invalid("The checksum of the rows is wrong.")
        if bytes_sent > MOST_BYTES:
            raise invalid("The total data size of PutTimeseriesData request exceeds the limit.")
        found = points.read(data.rows_data)
        if not 1 <= len(found) <= MOST_POINTS:
            raise invalid(f"Rows count is not in range: [1, {MOST_POINTS}].")
        keys = {(point.series, point.time) for point in found}
        if len(keys) != len(found):
            raise invalid("Two rows have one series and time.")
        for point in found:
            check_series(*point.series)
            check_point(point)
        return table, found

    def get(self, request):
        """GetTimeseriesData, without pages."""
        table, asked = self.table(request.table_name), request.time_series_key
        series = (asked.measurement, asked.source, tuple(sorted((tag.name, tag.value) for tag in asked.tag_list)))
        within = range(request.begin_time, request.end_time)
        found = [(known, time, values) for (known, time), values in table.points.items() if known == series and time in within]
        return ts.GetTimeseriesDataResponse(rows_data=points.rows(sorted(found, key=lambda point: point[1])))


def check_series(measurement, source, tags):
    if not 1 <= len(measurement.encode()) <= MOST_NAME or "#" in measurement:
        raise invalid("Invalid measurement name.")
    if " " in measurement or not measurement.isprintable():
        raise invalid("Invalid measurement name.")
    if len(source.encode()) > MOST_SOURCE:
        raise invalid("The data source is too long.")
    for name, value in tags:
        if not TAG.match(name) or not value or '"' in value or "=" in value:
            raise invalid("Invalid tag.")
    if len({name for name, _ in tags}) != len(tags):
        raise invalid("Duplicated tag.")


def check_point(point):
    if point.time < 0:
        raise invalid("Invalid time.")
    names = [name for name, _ in point.fields]
    if not 1 <= len(names) <= MOST_FIELDS:
        raise invalid("The number of fields is out of range.")
    if len(set(names)) != len(names):
        raise invalid("Duplicated field.")
    for name, value in point.fields:
        if not FIELD.match(name) or name in RESERVED:
            raise invalid(f"Invalid field name: '{name}'.")
        if size(value) > MOST_VALUE_BYTES:
            raise invalid("The length of field exceeds the limit.")
