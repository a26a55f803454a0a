"""What the official Python client of Tablestore does at a stand-in: official_client.py URL INSTANCE

Fails with a message if an answer is not what the client expects.
"""

import sys

from tablestore import (
    BatchWriteRowRequest,
    CapacityUnit,
    Condition,
    CreateTimeseriesTableRequest,
    DeleteRowItem,
    GetTimeseriesDataRequest,
    OTSClient,
    OTSServiceError,
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

URL, INSTANCE = sys.argv[1:]
IGNORE = Condition(RowExistenceExpectation.IGNORE)
EXISTS = Condition(RowExistenceExpectation.EXPECT_EXIST)


def refused(call, code):
    try:
        call()
    except OTSServiceError as error:
        assert error.code == code, f"{error.code} is not {code}"
    else:
        raise AssertionError(f"{code} was expected")


def write(client, *items):
    request = BatchWriteRowRequest()
    request.add(TableInBatchWriteRowItem("orders", list(items)))
    response = client.batch_write_row(request)
    parts = [response.get_put_by_table("orders"), response.get_update_by_table("orders"), response.get_delete_by_table("orders")]
    return [[(row.is_ok, row.error_code) for row in rows] for rows in parts]


def key(number, shop="a"):
    return [("shop", shop), ("id", number)]


def work(client):
    client.create_table(
        TableMeta("orders", [("shop", "STRING"), ("id", "INTEGER")]),
        TableOptions(time_to_live=-1, max_version=1),
        ReservedThroughput(CapacityUnit(0, 0)),
    )
    assert list(client.list_table()) == ["orders"]
    table = client.describe_table("orders")
    assert table.table_meta.schema_of_primary_key == [("shop", "STRING"), ("id", "INTEGER")]
    assert table.table_options.time_to_live == -1
    put = [PutRowItem(Row(key(n), [("sold", False), ("note", "é"), ("data", bytearray(b"\0\1"))]), IGNORE) for n in (1, 2)]
    assert write(client, *put) == [[(True, None)] * 2, [], []]
    changed = {"PUT": [("sold", True), ("price", 0.5)], "DELETE_ALL": ["note", "data"]}
    update = UpdateRowItem(Row(key(1), changed), EXISTS)
    missing = UpdateRowItem(Row(key(9), {"PUT": [("sold", True)]}), EXISTS)
    delete = DeleteRowItem(Row(key(2)), IGNORE)
    failed = (False, "OTSConditionCheckFail")
    assert write(client, update, missing, delete) == [[], [(True, None), failed], [(True, None)]]
    refused(lambda: write(client, *put, put[0]), "OTSParameterInvalid")
    refused(lambda: write(client, PutRowItem(Row(key("text"), []), IGNORE)), "OTSInvalidPK")
    refused(lambda: client.describe_table("none"), "OTSObjectNotExist")


def work_with_series(client):
    meta = TimeseriesTableMeta("metrics", TimeseriesTableOptions(86_400))
    client.create_timeseries_table(CreateTimeseriesTableRequest(meta))
    assert [table.timeseries_table_name for table in client.list_timeseries_table()] == ["metrics"]
    described = client.describe_timeseries_table("metrics").table_meta
    assert described.timeseries_table_options.time_to_live == 86_400 and described.status == "CREATED"
    refused(lambda: client.create_timeseries_table(CreateTimeseriesTableRequest(meta)), "OTSObjectAlreadyExist")
    series = TimeseriesKey("cpu", "10.0.0.1", {"os": "linux", "host": "ü"})
    fields = {"load": 0.5, "count": 7, "on": True, "note": "é", "data": bytearray(b"\0\xff")}
    written = [TimeseriesRow(series, fields, 1), TimeseriesRow(series, {"load": 1.5}, 2)]
    assert not client.put_timeseries_data("metrics", written).failedRows
    assert not client.put_timeseries_data("metrics", [TimeseriesRow(series, {"count": 9}, 2)]).failedRows
    read = client.get_timeseries_data(GetTimeseriesDataRequest("metrics", series, 0, 3)).rows
    assert [(row.time_in_us, row.fields) for row in read] == [(1, fields), (2, {"count": 9})]
    assert all(vars(row.timeseries_key) == vars(series) for row in read)
    for row in (
        TimeseriesRow(TimeseriesKey("a b", "", {}), {"v": 1}, 1),
        TimeseriesRow(TimeseriesKey("cpu", "", {"a": "b=c"}), {"v": 1}, 1),
        TimeseriesRow(series, {"Load": 1}, 1),
        TimeseriesRow(series, {}, 1),
        TimeseriesRow(series, {"v": 1}, -1),
    ):
        refused(lambda: client.put_timeseries_data("metrics", [row]), "OTSParameterInvalid")
    refused(lambda: client.put_timeseries_data("metrics", written + written[:1]), "OTSParameterInvalid")
    refused(lambda: client.describe_timeseries_table("none"), "OTSObjectNotExist")


for number, more in enumerate([{}, {"region": "cn-hangzhou"}, {"sts_token": "token"}]):
    connected = OTSClient(URL, "sluice", "sluice-secret", INSTANCE, **more)
    work(connected)
    work_with_series(connected)
    if number < 2:
        connected.delete_table("orders")
        connected.delete_timeseries_table("metrics")
refused(lambda: OTSClient(URL, "sluice", "wrong", INSTANCE).list_table(), "OTSAuthFailed")
