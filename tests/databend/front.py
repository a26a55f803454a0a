"""Databend's HTTP API in front of the real engine, for tests: `front.py DATA PORT [TLS_PORT CERTIFICATE KEY]`.

The engine is the one of the Python package `databend`: SQL, types, transactions, stages and errors are real. HTTP is
ours; the official Python driver judges it in `test_front.py`, those of Node.js and JDBC in `judges`. It follows the
server's sources where they matter for a client: sessions, transactions that fail, sticky nodes, pages, kills.

What it does not prove: how a real server behaves under load, its authentication beyond one user, its streaming load,
object stores, warehouses that are suspended, and what survives a restart (the engine's catalog does not)."""

import json
import os
import re
import ssl
import sys
import threading
import time
import urllib.parse
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from engine import VERSION, Refused
from logins import Logins, told
from queries import FINAL, NODE, Queries, Query, reply
from trouble import Troubles

TWO_DAYS = 2 * 24 * 3600


class Lost(Exception):
    """The connection is closed without an answer."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Small answers are not held back for the client's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1
    # The database of the connection's last query, and the client's session.
    database = session = None

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (Lost, ConnectionError):
            self.close_connection = True

    def do_GET(self):
        self.route()

    def do_POST(self):
        self.route()

    def do_PUT(self):
        self.route()

    def route(self):
        body, self.session = self.body(), None
        path = urllib.parse.urlsplit(self.path).path.rstrip("/")
        if path.startswith("/control/"):
            return self.control(path.removeprefix("/control/"), body)
        if path.startswith("/presigned/"):
            return self.presigned(path.removeprefix("/presigned/"), body)
        try:
            self.session = self.server.front.logins.check(self.headers, path)
        except Refused as refused:
            return self.error(401, refused.code, refused.message)
        if path.startswith("/v1/session/"):
            return self.log_in(path.removeprefix("/v1/session/"), json.loads(body or b"{}"))
        if path == "/v1/query":
            return self.query(json.loads(body))
        if path == "/v1/upload_to_stage":
            return self.upload(body)
        if found := re.fullmatch(r"/v1/query/([^/]+)(?:/(page/(\d+)|final|kill))?", path):
            return self.follow(found.group(1), found.group(2) or "", int(found.group(3) or 0))
        return self.error(404, 1072, f"there is no {path}")

    def body(self):
        if "chunked" in self.headers.get("Transfer-Encoding", ""):
            parts = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                parts.append(self.rfile.read(size))
                self.rfile.readline()
            self.rfile.readline()
            return b"".join(parts)
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def log_in(self, act, asked):
        front = self.server.front
        self.database = front.logins.database(self.session, asked.get("database"))
        front.troubles.note(self.database, act, self.headers)
        trouble = front.troubles.meet(self.database, act)
        self.answer(*front.logins.answer(act, self.session, self.path, trouble))

    def query(self, asked):
        session, sql = asked.get("session") or {}, asked["sql"]
        session["database"] = self.database = session.get("database") or "default"
        front = self.server.front
        front.troubles.note(self.database, sql, self.headers)
        trouble = front.troubles.meet(self.database, sql)
        query_id = self.headers.get("X-DATABEND-QUERY-ID") or str(uuid.uuid4())
        if known := front.queries.find(query_id):
            # A client that has lost the answer asks for it again.
            if trouble["what"]:
                raise Lost
            return self.reply(known, 0)
        query = Query(query_id, sql, session, self.session)
        pagination = asked.get("pagination") or {}
        query.page_rows = trouble.get("rows") or pagination.get("max_rows_per_page") or query.page_rows
        match trouble["what"]:
            case "cut":
                raise Lost
            case "busy":
                return self.error(503, 2404, "the warehouse is waking up", {"Retry-After": "1"})
            case "error":
                query.fault = Refused(trouble["code"], "as the test wants it")
            case "gone":
                return self.gone(query)
            case "presign":
                return self.presign(query)
            case "expired" if self.session:
                front.logins.expire(self.session)
                return self.error(401, 5101, "session token has expired")
        front.queries.start(query, self.headers.get("X-DATABEND-STICKY-NODE"), trouble.get("seconds", 0))
        wait = pagination.get("wait_time_secs")
        query.done.wait(1 if wait is None else wait)
        if trouble["what"] == "lost":
            query.done.wait()
            raise Lost
        self.reply(query, 0)

    def gone(self, query):
        """While the server works on a COMMIT, it says that the session has no transaction."""
        self.server.front.queries.drop_transactions(self.database)
        session = dict(query.session, txn_state="AutoCommit", need_sticky=False, need_keep_alive=False)
        self.answer(200, dict(reply(query, [], f"/v1/query/{query.id}/page/0"), session=session))

    def follow(self, query_id, act, number):
        queries = self.server.front.queries
        if (query := queries.find(query_id)) and query.client != self.session:
            return self.error(401, 401, f"wrong client_session_id, expected {query.client}, got {self.session}")
        if act == "kill":
            if query:
                self.server.front.troubles.note(query.session["database"], f"kill {query_id}", self.headers)
            return self.answer(200, None) if queries.kill(query_id) else self.error(404, 404, "query id not found")
        if query is None:
            return self.error(404, 404, f"query id {query_id} not found on {NODE}")
        if act == "final":
            return self.answer(200, reply(queries.forget(query_id), [], None))
        query.done.wait(1)
        self.reply(query, number)

    def reply(self, query, number):
        if query.state == "Running":
            return self.answer(200, reply(query, [], f"/v1/query/{query.id}/page/{number}"))
        more = query.has_page(number + 1) and not query.error
        following = f"/v1/query/{query.id}/page/{number + 1}" if more else FINAL.format(query.id)
        self.answer(200, reply(query, [] if query.error else query.page(number), following))

    def upload(self, body):
        """The multipart field `upload`; its file name is the path in the stage."""
        front, stage = self.server.front, self.headers.get("X-DATABEND-STAGE-NAME", "~")
        boundary = re.search(r'boundary="?([^";]+)', self.headers["Content-Type"]).group(1).encode()
        head, _, content = body.partition(b"--" + boundary)[2].partition(b"\r\n\r\n")
        content = content[: content.rindex(b"\r\n--" + boundary)]
        path = re.search(rb'filename="([^"]*)"', head).group(1).decode()
        relative = self.headers.get("X-DATABEND-RELATIVE-PATH", "").strip("/")
        path = f"{relative}/{path}".strip("/")
        statement, age = f"upload {stage}/{path}", 0
        front.troubles.note(self.database, statement, self.headers)
        match front.troubles.meet(self.database, statement)["what"]:
            case "cut":
                raise Lost
            case "busy":
                return self.error(503, 2404, "the warehouse is waking up", {"Retry-After": "1"})
            case "lost":
                front.store(stage, path, content)
                raise Lost
            case "short":
                content = content[: content.index(b"\n") + 1]
            case "old":
                age = TWO_DAYS
        front.store(stage, path, content, age)
        self.answer(200, {"id": str(uuid.uuid4()), "stage_name": stage, "state": "SUCCESS", "files": [path]})

    def presign(self, query):
        stage, _, path = re.search(r"@(~|[^/\s]+)(/)(\S+?)'?;?$", query.sql.strip()).groups()
        url = f"http://{self.headers['Host']}/presigned/{stage}/{path}"
        columns = [("method", "String"), ("headers", "Variant"), ("url", "String")]
        rows = [["PUT", json.dumps({"x-presigned": "yes"}), url]]
        self.server.front.queries.answered(query, columns, rows)
        self.answer(200, reply(query, query.rows, FINAL.format(query.id)))

    def presigned(self, place, body):
        """An object store: it knows no login, and wants the headers that were signed."""
        if self.headers.get("x-presigned") != "yes" or "Authorization" in self.headers:
            return self.error(403, 0, "SignatureDoesNotMatch")
        stage, _, path = place.partition("/")
        self.server.front.store(stage, path, body)
        return self.answer(200, None)

    def control(self, act, body):
        front = self.server.front
        if act == "ready":
            return self.answer(200, {})
        if act == "trouble":
            front.troubles.add(json.loads(body))
            return self.answer(200, {})
        database = json.loads(body)["database"]
        if act == "restart":
            front.restart(database, self)
            return self.answer(200, {})
        return self.answer(200, front.troubles.of(database, act)) if act in ("seen", "met") else self.error(404, 0, act)

    def error(self, status, code, message, headers=None):
        self.answer(status, {"error": {"code": code, "message": message}}, headers)

    def answer(self, status, content, headers=None):
        body = b"" if content is None else json.dumps(content).encode()
        self.send_response(status)
        for name, value in [("Content-Type", "application/json"), *(headers or {}).items(), *told(self.headers, self.session)]:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def setup(self):
        super().setup()
        self.server.front.handlers.add(self)

    def finish(self):
        self.server.front.handlers.discard(self)
        super().finish()

    def log_message(self, *_):
        pass


class Front:
    def __init__(self, data):
        self.data, self.queries, self.troubles, self.handlers = Path(data), Queries(data), Troubles(), set()
        self.logins = Logins()

    def store(self, stage, path, content, age=0):
        """A stage is a folder of files for the engine."""
        folder = "user/root" if stage == "~" else f"internal/{stage}"
        file = self.data / "data" / "stage" / folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        written = time.time() - age
        os.utime(file, (written, written))

    def restart(self, database, asking):
        """Closes what the clients of a database have open: transactions and TCP connections. The one that asks stays."""
        self.queries.drop_transactions(database)
        for handler in list(self.handlers):
            if handler is not asking and handler.database == database:
                handler.close_connection = True
                try:
                    handler.connection.shutdown(2)
                except OSError:
                    pass


def serve(front, port, tls=None):
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.front, server.daemon_threads = front, True
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*tls)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    data, port, *tls = sys.argv[1:]
    front = Front(data)
    serve(front, int(port))
    if tls:
        serve(front, int(tls[0]), tls[1:])
    threading.Event().wait()
