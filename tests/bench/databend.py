"""What a person does by hand to write rows into Databend, with the official driver: `databend.py URL WAY TABLE FILE BATCH`
writes the rows of a CSV file in batches and prints how many seconds that took, without the reading of the file. WAY is

    load    the driver's bulk load: a file in a stage for each batch, and one statement that loads it
    merge   the same file and a MERGE by `id`, as the manual shows it
    insert  INSERT … VALUES, a statement for each batch, as batches of JDBC become

`databend.py URL sql STATEMENT…` executes statements and prints the rows of the last one."""

import base64
import csv
import io
import re
import sys
import time
import urllib.request
import uuid

from databend_driver import BlockingDatabendClient

COLUMNS = {
    "id": "BIGINT",
    "customer": "VARCHAR",
    "amount": "DECIMAL(12, 2)",
    "currency": "VARCHAR",
    "created_at": "TIMESTAMP",
    "note": "VARCHAR",
    "items": "VARIANT",
}


def load(connection, table, rows):
    connection.stream_load(f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES", rows, method="stage")


def merge(connection, table, rows):
    path = f"bench/{uuid.uuid4().hex}.csv"
    upload(path, rows)
    read = [f"CAST(${place} AS {kind}) AS {name}" for place, (name, kind) in enumerate(COLUMNS.items(), 1)]
    changes = ", ".join(f"{name} = s.{name}" for name in COLUMNS if name != "id")
    values = ", ".join(f"s.{name}" for name in COLUMNS)
    connection.exec(
        f"MERGE INTO {table} t USING (SELECT {', '.join(read)} FROM @~/{path} (FILE_FORMAT => 'CSV')) s ON t.id = s.id "
        f"WHEN MATCHED THEN UPDATE SET {changes} "
        f"WHEN NOT MATCHED THEN INSERT ({', '.join(COLUMNS)}) VALUES ({values})"
    )
    connection.exec(f"REMOVE @~/{path}")


def upload(path, rows):
    """The driver of Python cannot put a file into a stage."""
    content = io.StringIO()
    csv.writer(content, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows(rows)
    boundary = uuid.uuid4().hex
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="upload"; filename="{path}"\r\n\r\n'
    body = f"{head}{content.getvalue()}\r\n--{boundary}--\r\n".encode()
    login, address = re.search(r"//([^@]*)@([^/]*)", URL).groups()
    headers = {
        "Authorization": f"Basic {base64.b64encode(login.encode()).decode()}",
        "Content-Type": f"multipart/form-data; boundary={boundary}",
        "X-Databend-Stage-Name": "~",
    }
    urllib.request.urlopen(urllib.request.Request(f"http://{address}/v1/upload_to_stage", body, headers, method="PUT")).read()


def insert(connection, table, rows):
    def literal(value):
        return "'" + value.replace("\\", "\\\\").replace("'", "''") + "'"

    values = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    connection.exec(f"INSERT INTO {table} ({', '.join(COLUMNS)}) VALUES {values}")


if __name__ == "__main__":
    URL, way, *arguments = sys.argv[1:]
    own = BlockingDatabendClient(URL).get_conn()
    if way == "sql":
        for statement in arguments:
            answer = [row.values() for row in own.query_iter(statement)]
        for row in answer:
            print(*row, sep="\t")
    else:
        table, file, batch = arguments[0], arguments[1], int(arguments[2])
        with open(file, newline="") as lines:
            everything = list(csv.reader(lines))
        started = time.perf_counter()
        for first in range(0, len(everything), batch):
            globals()[way](own, table, everything[first : first + batch])
        print(time.perf_counter() - started)
