"""Writes sdk.json: bytes and headers of the official Python SDK, with which the connector's own are compared.

  "$(scripts/tools.sh tablestore)/python" functions/tablestore/tests/vectors/sdk.py

The tests beside the code say what each of them holds: src/wire/tests.rs, src/wire/points/tests.rs and
src/endpoint/signature.rs.
"""

import json
import pathlib
from unittest import mock

import tablestore.protobuf.table_store_pb2 as pb
import tablestore.protobuf.timeseries_pb2 as ts
from tablestore import (
    BatchWriteRowRequest,
    CapacityUnit,
    Condition,
    CreateTimeseriesTableRequest,
    DeleteRowItem,
    PutRowItem,
    ReservedThroughput,
    Row,
    RowExistenceExpectation,
    TableInBatchWriteRowItem,
    TableMeta,
    TableOptions,
    TimeseriesKey,
    TimeseriesRow,
    TimeseriesTableMeta,
    TimeseriesTableOptions,
    UpdateRowItem,
)
from tablestore import utils
from tablestore.auth import RequestContext, SignV2, SignV4
from tablestore.credentials import StaticCredentialsProvider
from tablestore.encoder import OTSProtoBufferEncoder
from tablestore.metadata import PK_AUTO_INCR
from tablestore.protocol import OTSProtocol

import datetime

NOW = datetime.datetime(2026, 11, 30, 12, 34, 56)
ENCODER = OTSProtoBufferEncoder("utf8", enable_native=False)


def encoded(api, *arguments):
    return ENCODER.encode_request(api, *arguments).SerializeToString().hex()


def batch():
    every = [
        ("i", -(2**63)),
        ("d", -0.1),
        ("t", True),
        ("f", False),
        ("s", "naïve 東京 🦀"),
        ("e", ""),
        ("b", bytearray(b"\x00\xff")),
        ("v", 7, 1_700_000_000_123),
    ]
    change = {"PUT": [("a", 1)], "DELETE_ALL": ["gone"]}
    condition = RowExistenceExpectation
    items = [
        PutRowItem(Row([("k", "ü"), ("n", 7), ("x", bytearray(b"\x01"))], every), Condition(condition.IGNORE)),
        UpdateRowItem(Row([("k", "a"), ("n", -1), ("x", bytearray())], change), Condition(condition.EXPECT_EXIST)),
        PutRowItem(Row([("k", "b"), ("n", PK_AUTO_INCR)], []), Condition(condition.EXPECT_NOT_EXIST)),
        DeleteRowItem(Row([("k", "c" * 200), ("n", 2**63 - 1)]), Condition(condition.IGNORE)),
    ]
    request = BatchWriteRowRequest()
    request.add(TableInBatchWriteRowItem("orders", items))
    return encoded("BatchWriteRow", request)


def create():
    meta = TableMeta("orders", [("k", "STRING"), ("x", "BINARY"), ("n", "INTEGER", PK_AUTO_INCR)])
    throughput = ReservedThroughput(CapacityUnit(0, 5))
    return encoded("CreateTable", meta, TableOptions(86_400, 2, None), throughput, None, [])


def points():
    every = {
        "whole": -(2**63),
        "count": 7,
        "ratio": -0.1,
        "on": True,
        "off": False,
        "note": "naïve 東京 🦀",
        "empty": "",
        "data": bytearray(b"\x00\xff"),
        "nothing": bytearray(),
    }
    tags = {"region": "cn-hangzhou", "host": "ü", "os": "linux"}
    rows = [
        TimeseriesRow(TimeseriesKey("cpu", "10.0.0.1", tags), every, 1_700_000_000_123_456),
        TimeseriesRow(TimeseriesKey("m" * 128, "", {}), {"v": 1}, 0),
        TimeseriesRow(TimeseriesKey("cpu", "10.0.0.2", {"host": "b"}), {"v": 1.5, "w": 2.5, "x": "y"}, 1),
        TimeseriesRow(TimeseriesKey("cpu", "10.0.0.2", {"host": "b"}), {"v": True}, 2**63 - 1),
    ]
    return encoded("PutTimeseriesData", "metrics", rows)


def create_series():
    meta = TimeseriesTableMeta("metrics", TimeseriesTableOptions(86_400))
    request = ENCODER.encode_request("CreateTimeseriesTable", CreateTimeseriesTableRequest(meta))
    request.enable_analytical_store = False
    return request.SerializeToString().hex()


def described_series():
    answer = ts.DescribeTimeseriesTableResponse()
    answer.table_meta.table_name = "metrics"
    answer.table_meta.table_options.time_to_live = 86_400
    answer.table_meta.status = "CREATED"
    answer.table_meta.meta_options.allow_update_attributes = True
    answer.analytical_stores.add(store_name="default")
    return answer.SerializeToString().hex()


def points_written():
    answer = ts.PutTimeseriesDataResponse()
    answer.failed_rows.add(row_index=1, error_code="OTSServerBusy", error_message="Server is busy.")
    answer.failed_rows.add(row_index=3)
    answer.meta_update_status.row_ids.append(0)
    answer.meta_update_status.meta_update_times.append(1)
    return answer.SerializeToString().hex()


def described():
    answer = pb.DescribeTableResponse()
    answer.table_meta.table_name = "orders"
    answer.table_meta.primary_key.add(name="k", type=pb.STRING)
    answer.table_meta.primary_key.add(name="n", type=pb.INTEGER, option=pb.AUTO_INCREMENT)
    answer.table_meta.defined_column.add(name="b", type=pb.DCT_BLOB)
    answer.reserved_throughput_details.capacity_unit.read = 0
    answer.reserved_throughput_details.last_increase_time = 1
    answer.table_options.time_to_live = 86_400
    answer.table_options.max_versions = 1
    answer.table_options.deviation_cell_version_in_sec = 100
    answer.shard_splits.append(b"\x00")
    return answer.SerializeToString().hex()


def written():
    answer = pb.BatchWriteRowResponse()
    table = answer.tables.add(table_name="orders")
    row = table.rows.add(is_ok=True)
    row.consumed.capacity_unit.write = 1
    row = table.rows.add(is_ok=False)
    row.error.code, row.error.message = "OTSConditionCheckFail", "Condition check failed."
    return answer.SerializeToString().hex()


def signed(signer, token):
    credentials = StaticCredentialsProvider("test-id", "test-secret", token)
    context = RequestContext(credentials.get_credentials())
    protocol = OTSProtocol("test", "utf8", mock.Mock(), enable_native=False)
    with mock.patch.object(utils, "get_now_utc_datetime", lambda: NOW):
        headers = protocol._make_request_headers(b"\x0a\x01t", "/DescribeTable", signer, context)
    return dict(sorted((name, value) for name, value in headers.items() if name.startswith("x-ots-")))


V4 = SignV4("utf8", region="cn-hangzhou", sign_date="20261130")
vectors = {
    "batch_write_row": batch(),
    "create_series": create_series(),
    "create_table": create(),
    "describe_series": encoded("DescribeTimeseriesTable", "metrics"),
    "describe_table": encoded("DescribeTable", "orders"),
    "described": described(),
    "described_series": described_series(),
    "error": pb.Error(code="OTSObjectNotExist", message="Requested table does not exist.").SerializeToString().hex(),
    "points": points(),
    "points_written": points_written(),
    "sign_v2": signed(SignV2("utf8"), None),
    "sign_v2_token": signed(SignV2("utf8"), "token"),
    "sign_v4": signed(V4, None),
    "sign_v4_token": signed(V4, "token"),
    "written": written(),
}
path = pathlib.Path(__file__).with_name("sdk.json")
path.write_text(json.dumps(vectors, indent=1, sort_keys=True) + "\n")
