"""What tests see behind the service: the log, rows, points, and which series are known."""

import base64

import points


def look(there, what, table=None):
    """The log, the rows or points of a table, or how many series of it have metadata."""
    if what == "log":
        return there.log
    if what == "series":
        return len(there.series.table(table).known)
    return dump(there, table)


def dump(there, table):
    """The rows of a table: the values of the key, and the other cells by name; each value with its type."""
    shown = {int: "integer", str: "string", bytes: "binary", bytearray: "binary", bool: "boolean", float: "double"}

    def value(it):
        text = base64.b64encode(it).decode() if isinstance(it, (bytes, bytearray)) else it
        return [shown[type(it)], text]

    if table in there.series.tables:
        return [
            {
                "key": {name: value(part) for name, part in points.key(*place)},
                "columns": {name: value(field) for name, field in fields},
            }
            for place, fields in there.series.tables[table].points.items()
        ]
    table = there.tables.tables.get(table)
    if table is None:
        return None
    names = [part.name for part in table.meta.primary_key]
    return [
        {
            "key": {name: value(part) for name, part in zip(names, key)},
            "columns": {name: [*value(cell), version] for name, (cell, version) in row.items()},
        }
        for key, row in table.rows.items()
    ]
