"""The engine's sessions: one connection for each transaction, statements, and results as the texts of the server's
HTTP answers.

Not here: HTTP, and what the front does wrong on purpose."""

import datetime
import decimal
import importlib.metadata
import re
import threading

import databend

VERSION = importlib.metadata.version("databend")

CODE = re.compile(r"Code: (\d+)")
FIELD = re.compile(r'name: "((?:[^"\\]|\\.)*)", default_expr: .*?data_type: (.*?), computed_expr: ')
# How the engine prints a type, and how the server names it.
NAMES = [
    (re.compile(r"Number\((\w+)\)"), r"\1"),
    (re.compile(r"Decimal\(DecimalSize \{ precision: (\d+), scale: (\d+) \}\)"), r"Decimal(\1, \2)"),
    (re.compile(r"Map\(Tuple\(\[([^\[\]]*)\]\)\)"), r"Map(\1)"),
    (re.compile(r"Tuple\(\[([^\[\]]*)\]\)"), r"Tuple(\1)"),
    (re.compile(r"TimestampTz"), "Timestamp_Tz"),
]
# Types whose text the engine itself must write.
CASTS = [
    (re.compile(r"^Variant"), "json_to_string({})"),
    (re.compile(r"^(Array|Map|Tuple)"), "json_to_string(CAST({} AS VARIANT))"),
    (re.compile(r"^Binary"), "upper(hex({}))"),
    (re.compile(r"^(Bitmap|Geometry|Geography|Interval|Timestamp_Tz)"), "CAST({} AS VARCHAR)"),
]


class Refused(Exception):
    """An error of the engine, with its code."""

    def __init__(self, code, message, detail=""):
        super().__init__(message)
        self.code, self.message, self.detail = code, message, detail


class Connection:
    """One session of the engine. It runs one statement at a time."""

    def __init__(self, path):
        self.context = databend.connect(path)
        self.settings = {}

    def prepare(self, database, settings):
        """Sets what a request's session says: the server does so at each request."""
        for name in self.settings.keys() - settings.keys():
            self.run(f"UNSET {name}")
        for name, value in settings.items():
            if self.settings.get(name) != value:
                quoted = value.replace("\\", "\\\\").replace("'", "\\'")
                self.run(f"SET {name} = '{quoted}'")
        self.settings = dict(settings)
        if database:
            self.run(f"USE {quote(database)}")

    def run(self, sql):
        """The columns as (name, type), and the rows as texts."""
        try:
            relation = self.context.sql(sql)
            columns = columns_of(relation)
            if any(cast(kind) for _, kind in columns):
                relation = self.context.sql(as_texts(sql, columns))
            # A statement that loads a file has rows, although it says that it has no columns.
            table = relation.arrow() if columns else relation.collect()
        except Refused:
            raise
        except BaseException as error:  # A panic of the engine is not an Exception.
            if isinstance(error, (KeyboardInterrupt, SystemExit)):
                raise
            raise refused(error) from error
        arrays = [column.to_pylist() for column in table.columns] if columns else []
        return columns, [[text(value) for value in row] for row in zip(*arrays)]


class Pool:
    """Connections that no transaction has."""

    def __init__(self, path):
        self.path, self.free, self.lock = path, [], threading.Lock()

    def take(self):
        with self.lock:
            return self.free.pop() if self.free else Connection(self.path)

    def give(self, connection):
        with self.lock:
            self.free.append(connection)


def quote(name):
    return '"' + name.replace('"', '""') + '"'


def refused(error):
    message = str(error)
    found = CODE.search(message)
    text = message.split("Text = ", 1)[-1].split("\n\n", 1)[0]
    return Refused(int(found.group(1)) if found else 1001, text)


def columns_of(relation):
    """The names and types of a statement's columns, from the only form in which the engine shows them."""
    return [(name, server_name(kind)) for name, kind in FIELD.findall(repr(relation.schema()))]


def server_name(kind):
    for pattern, name in NAMES:
        while (changed := pattern.sub(name, kind)) != kind:
            kind = changed
    return kind


def cast(kind):
    """How the engine makes the text of a type; none if Python can do so."""
    bare = kind.removeprefix("Nullable(")
    return next((cast for pattern, cast in CASTS if pattern.search(bare)), None)


def as_texts(sql, columns):
    """The same query, with the texts of columns whose types have no plain form in Python."""
    names = [f"c{position}" for position in range(len(columns))]
    casts = [(cast(kind) or "{}").format(name) for name, (_, kind) in zip(names, columns)]
    chosen = ", ".join(f"{value} AS {name}" for value, name in zip(casts, names))
    return f"SELECT {chosen} FROM ({sql.rstrip().rstrip(';')}) AS answer({', '.join(names)})"


def text(value):
    """A value as the server writes it in `data`."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, decimal.Decimal):
        return format(value, "f")
    if isinstance(value, bytes):
        return value.hex().upper()
    if isinstance(value, datetime.datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, list):
        # The floats of a vector.
        return f"[{','.join(map(str, value))}]"
    return str(value)
