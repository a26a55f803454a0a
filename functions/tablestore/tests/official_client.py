"""What the official Python client of Tablestore does at a stand-in: official_client.py URL INSTANCE

Fails with a message if an answer is not what the client expects.
"""

import sys

from tablestore import (
    BatchWriteRowRequest,
    CapacityUnit,
    Condition,
    DeleteRowItem,
    OTSClient,
    OTSServiceError,
    PutRowItem,
    ReservedThroughput,
    Row,
    RowExistenceExpectation,
    TableInBatchWriteRowItem,
    TableMeta,
    TableOptions,
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


for number, more in enumerate([{}, {"region": "cn-hangzhou"}, {"sts_token": "token"}]):
    connected = OTSClient(URL, "sluice", "sluice-secret", INSTANCE, **more)
    work(connected)
    if number < 2:
        connected.delete_table("orders")
refused(lambda: OTSClient(URL, "sluice", "wrong", INSTANCE).list_table(), "OTSAuthFailed")
