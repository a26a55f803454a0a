"""The tables of one instance in memory, and what the service's pages say that it refuses.

Sources: "BatchWriteRow", "PutRow", "UpdateRow", "Limits", "Data versions and TTL", "Error codes". Where a page
says that a request is refused as a whole, it is refused here as a whole.
"""

import re
import time

import tablestore.protobuf.table_store_pb2 as pb

import rows

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}\Z")
MOST_ROWS, MOST_BYTES, MOST_COLUMNS = 200, 4 * 1024 * 1024, 1024
MOST_KEY_BYTES, MOST_VALUE_BYTES = 1024, 2 * 1024 * 1024
KEY_TYPES = {pb.INTEGER: int, pb.STRING: str, pb.BINARY: bytearray}


class Refused(Exception):
    def __init__(self, status, code, message):
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def invalid(message):
    return Refused(400, "OTSParameterInvalid", message)


class Table:
    def __init__(self, request):
        meta, options = request.table_meta, request.table_options
        self.meta = meta
        self.options = options
        self.rows = {}
        self.serial = 0
        self.refusals = 0  # how many writes it still refuses because it was made just now

    def numbered(self):
        return next((n for n, part in enumerate(self.meta.primary_key) if part.HasField("option")), None)

    def key(self, key):
        """The key as it is stored, or why the request is refused."""
        schema = self.meta.primary_key
        if [name for name, _ in key] != [part.name for part in schema]:
            raise Refused(400, "OTSInvalidPK", "Validate PK name fail.")
        for part, (_, value) in zip(schema, key):
            if part.HasField("option") and value is rows.AUTO_INCREMENT:
                continue
            if type(value) is not KEY_TYPES[part.type]:
                raise Refused(400, "OTSInvalidPK", "Validate PK type fail.")
            if size(value) > MOST_KEY_BYTES:
                raise Refused(400, "OTSInvalidPK", "Validate PK size fail.")
        return tuple(bytes(value) if isinstance(value, bytearray) else value for _, value in key)

    def version(self, version, now):
        """Whether a cell may have this version; milliseconds."""
        if version is None:
            return int(now * 1000)
        deviation = self.options.deviation_cell_version_in_sec or 86_400
        oldest = deviation if self.options.time_to_live <= 0 else min(deviation, self.options.time_to_live)
        if not (now - oldest) * 1000 <= version < (now + deviation) * 1000:
            raise invalid("The cell's timestamp is out of the valid range.")
        return version


def size(value):
    return len(value.encode()) if isinstance(value, str) else len(value) if isinstance(value, (bytes, bytearray)) else 8


class TablesByName:
    """The tables of one kind in one instance."""

    def __init__(self):
        self.tables = {}

    def table(self, name):
        if name not in self.tables:
            raise Refused(404, "OTSObjectNotExist", "Requested table does not exist.")
        return self.tables[name]


class Tables(TablesByName):
    """The data tables of one instance."""

    def create(self, request, refusals=0):
        meta = request.table_meta
        if not NAME.match(meta.table_name):
            raise invalid(f"Invalid table name: '{meta.table_name}'.")
        if not 1 <= len(meta.primary_key) <= 4:
            raise invalid("The number of primary key columns must be in range: [1, 4].")
        if meta.primary_key[0].HasField("option"):
            raise invalid("The first primary key column cannot be auto-increment.")
        ttl = request.table_options.time_to_live
        if ttl != -1 and ttl < 86_400:
            raise invalid("Invalid time to live.")
        if meta.table_name in self.tables:
            raise Refused(409, "OTSObjectAlreadyExist", "Requested table already exists.")
        self.tables[meta.table_name] = table = Table(request)
        table.refusals = refusals

    def replace(self, wanted):
        """A table of this name is dropped, and made anew if a key is given: [[name, type, auto-increment?]…]."""
        self.tables.pop(wanted["name"], None)
        if "key" not in wanted:
            return
        request = pb.CreateTableRequest()
        request.table_meta.table_name = wanted["name"]
        for name, kind, *numbered in wanted["key"]:
            part = request.table_meta.primary_key.add(name=name, type=getattr(pb, kind.upper()))
            if numbered:
                part.option = pb.AUTO_INCREMENT
        request.table_options.time_to_live = wanted.get("time_to_live", -1)
        request.table_options.max_versions = 1
        request.table_options.deviation_cell_version_in_sec = wanted.get("deviation", 86_400)
        self.create(request)

    def check(self, request, bytes_sent):
        """What is refused as a whole. Returns the rows: (table, kind, row, condition), decoded."""
        if not request.tables:
            raise invalid("No row specified in the request of BatchWriteRow.")
        count = sum(len(part.rows) for part in request.tables)
        if count > MOST_ROWS:
            raise invalid(f"Rows count exceeds the upper limit: {MOST_ROWS}.")
        if bytes_sent > MOST_BYTES:
            raise invalid("The total data size of BatchWriteRow request exceeds the limit.")
        names, decoded = set(), []
        for part in request.tables:
            table = self.table(part.table_name)
            if not part.rows:
                raise invalid(f"No operation is specified for table: '{part.table_name}'.")
            if part.table_name in names:
                raise invalid("Duplicated table name in the request.")
            names.add(part.table_name)
            keys = set()
            for row in part.rows:
                key, cells, deleted = rows.read(row.row_change)
                stored = table.key(key)
                self.check_cells(row, table, cells, deleted)
                if rows.AUTO_INCREMENT not in stored:
                    if stored in keys:
                        raise invalid(f"Multiple rows in a table share the same primary key, table: '{part.table_name}'.")
                    keys.add(stored)
                decoded.append((table, row.type, stored, cells, row.condition.row_existence))
        return decoded

    @staticmethod
    def check_cells(row, table, cells, deleted):
        key_names = {part.name for part in table.meta.primary_key}
        if deleted != (row.type == pb.DELETE):
            raise invalid("The delete marker does not fit the operation.")
        if row.type == pb.UPDATE and not cells:
            raise invalid("No attribute column is specified to update.")
        if row.type == pb.DELETE and cells:
            raise invalid("A delete has no columns.")
        if len(cells) > MOST_COLUMNS:
            raise invalid("The number of attribute columns exceeds the limit.")
        if table.numbered() is not None and row.condition.row_existence == pb.EXPECT_NOT_EXIST:
            raise invalid("Invalid expect:EXPECT_NOT_EXIST when modify row with pk auto increment")
        seen = set()
        for name, operation, value, version in cells:
            if not NAME.match(name):
                raise invalid(f"Invalid column name: '{name}'.")
            if name in key_names:
                raise invalid(f"Attribute column name '{name}' is a primary key.")
            if name in seen:
                raise invalid(f"Duplicated column name: '{name}'.")
            seen.add(name)
            if value is not None and size(value) > MOST_VALUE_BYTES:
                raise invalid("The length of attribute column exceeds the limit.")
            if operation != rows.PUT and row.type != pb.UPDATE:
                raise invalid("Only an update has operations on cells.")
            if operation == rows.DELETE_ALL and (value is not None or version is not None):
                raise invalid("DELETE_ALL has neither value nor timestamp.")

    @staticmethod
    def apply(table, kind, key, cells, existence, now):
        """One row, with its own answer: raises the error of this row alone."""
        if table.refusals:
            table.refusals -= 1
            raise Refused(503, "OTSTableNotReady", "The table is not ready.")
        numbered = table.numbered()
        if numbered is not None and key[numbered] is rows.AUTO_INCREMENT:
            table.serial += 1
            key = key[:numbered] + (table.serial,) + key[numbered + 1 :]
        known = table.rows.get(key)
        if existence == pb.EXPECT_EXIST and known is None or existence == pb.EXPECT_NOT_EXIST and known is not None:
            raise Refused(403, "OTSConditionCheckFail", "Condition check failed.")
        put = {name: (value, table.version(version, now)) for name, operation, value, version in cells if operation == rows.PUT}
        gone = [name for name, operation, _, _ in cells if operation != rows.PUT]
        if kind == pb.DELETE:
            table.rows.pop(key, None)
        elif kind == pb.PUT:
            table.rows[key] = put
        elif known is not None or put:
            # An update that only deletes columns makes no row.
            row = table.rows.setdefault(key, {})
            for name, cell in put.items():
                if name not in row or row[name][1] <= cell[1]:
                    row[name] = cell
            for name in gone:
                row.pop(name, None)

    def write(self, request, bytes_sent, refuse):
        """BatchWriteRow. `refuse` gives the code with which a row is not taken, or None."""
        decoded = self.check(request, bytes_sent)
        answer, now, number = pb.BatchWriteRowResponse(), time.time(), 0
        for part in request.tables:
            rows_of_table = answer.tables.add(table_name=part.table_name)
            for _ in part.rows:
                table, kind, key, cells, existence = decoded[number]
                row = rows_of_table.rows.add(is_ok=True)
                row.consumed.capacity_unit.write = 1
                try:
                    if code := refuse(number):
                        raise Refused(503, code, "The stand-in was asked to say so.")
                    self.apply(table, kind, key, cells, existence, now)
                except Refused as refused:
                    row.is_ok = False
                    row.error.code, row.error.message = refused.code, refused.message
                number += 1
        return answer
