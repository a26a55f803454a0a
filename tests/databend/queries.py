"""Queries of HTTP sessions: transactions between requests, pages, and queries that are killed.

A session is what the server sends and the client sends back (`HttpSessionConf` of the server): its transaction is found
by the id of its last query. As in the server, a statement that fails makes the transaction fail: until it ends, every
other statement is error 4002.

Not here: HTTP other than the content of an answer, and how the engine is called."""

import json
import threading
import time

from engine import Pool, Refused

NODE = "front"
FINAL = "/v1/query/{}/final"
ENDS = ("COMMIT", "ROLLBACK", "ABORT")


class Query:
    """One statement, which runs on a thread of its own."""

    def __init__(self, query_id, sql, session, client):
        self.id, self.sql, self.session = query_id, sql, session
        # The session of the client that may read the result.
        self.client = client
        # An error to give in place of the statement.
        self.fault = None
        self.columns, self.rows, self.error = [], [], None
        self.done, self.killed, self.started = threading.Event(), threading.Event(), time.monotonic()
        self.page_rows = 10_000

    @property
    def state(self):
        if not self.done.is_set():
            return "Running"
        return "Failed" if self.error else "Succeeded"

    def page(self, number):
        first = number * self.page_rows
        return self.rows[first : first + self.page_rows]

    def has_page(self, number):
        return number * self.page_rows < len(self.rows)


def reply(query, rows, following):
    """`QueryResponse` of the server; the official drivers need every one of these members."""
    error = query.error and {"code": query.error.code, "message": query.error.message, "detail": query.error.detail}
    progress = {"rows": len(query.rows), "bytes": 0}
    return {
        "id": query.id,
        "session_id": "",
        "node_id": NODE,
        "state": query.state,
        "session": query.session if query.done.is_set() else None,
        "error": error or None,
        "warnings": [],
        "has_result_set": bool(query.columns),
        "schema": [{"name": name, "type": kind} for name, kind in query.columns],
        "data": rows,
        "affect": None,
        "settings": {"timezone": "UTC", "geometry_output_format": "GeoJSON"},
        "stats": {
            "scan_progress": progress,
            "write_progress": progress,
            "result_progress": progress,
            "running_time_ms": 1.0,
        },
        "stats_uri": f"/v1/query/{query.id}",
        "final_uri": FINAL.format(query.id),
        "next_uri": following,
        "kill_uri": f"/v1/query/{query.id}/kill",
    }


class Queries:
    def __init__(self, path):
        self.pool, self.lock = Pool(path), threading.Lock()
        self.known, self.transactions = {}, {}

    def start(self, query, sticky, delay):
        with self.lock:
            self.known[query.id] = query
        threading.Thread(target=self._run, args=(query, sticky, delay), daemon=True).start()

    def answered(self, query, columns, rows):
        """A query whose result the front itself knows."""
        query.columns, query.rows = columns, rows
        query.done.set()
        with self.lock:
            self.known[query.id] = query

    def find(self, query_id):
        with self.lock:
            return self.known.get(query_id)

    def forget(self, query_id):
        with self.lock:
            return self.known.pop(query_id, None)

    def kill(self, query_id):
        query = self.forget(query_id)
        if query:
            query.killed.set()
        return query

    def drop_transactions(self, database):
        """Ends the transactions of a database, as a server that restarts."""
        with self.lock:
            names = [name for name, (_, of) in self.transactions.items() if of == database]
            dropped = [self.transactions.pop(name)[0] for name in names]
        for connection in dropped:
            self._end(connection)

    def _run(self, query, sticky, delay):
        word = query.sql.strip().split(None, 1)[0].rstrip(";").upper() if query.sql.strip() else ""
        state = query.session.get("txn_state") or "AutoCommit"
        connection = None
        try:
            connection = self._connection(query, state, word, sticky)
            if query.killed.wait(delay):
                raise Refused(1043, "canceled by client")
            if query.fault:
                raise query.fault
            if connection:
                connection.prepare(query.session.get("database"), query.session.get("settings") or {})
                query.columns, query.rows = connection.run(query.sql)
            if query.killed.is_set():
                raise Refused(1043, "canceled by client")
            state = {"BEGIN": "Active"}.get(word, "AutoCommit" if word in ENDS else state)
        except Refused as error:
            query.error = error
            state = "Fail" if state in ("Active", "Fail") and word not in ENDS else "AutoCommit"
        if word == "USE" and not query.error:
            query.session["database"] = query.sql.split(None, 1)[1].strip().strip("`;\"")
        self._keep(query, connection, state)
        query.session["txn_state"] = state
        query.session["need_sticky"] = query.session["need_keep_alive"] = state == "Active"
        query.session["internal"] = json.dumps({"last_query_ids": [query.id], "last_node_id": NODE})
        query.done.set()

    def _connection(self, query, state, word, sticky):
        """The connection of the session's transaction, or a free one; none if there is nothing to run."""
        if state == "Fail":
            if word in ENDS:
                return None
            raise Refused(4002, "current transaction is aborted, commands ignored until the end of it")
        if state != "Active":
            return self.pool.take()
        if sticky != NODE:
            raise Refused(5111, "transaction lost due to route error: the request is not for this node")
        last = json.loads(query.session.get("internal") or "{}").get("last_query_ids", [""])[0]
        with self.lock:
            connection, _ = self.transactions.pop(last, (None, None))
        if connection is None:
            raise Refused(4003, f"transaction timeout: last_query_id {last} not found on this server")
        return connection

    def _keep(self, query, connection, state):
        if connection is None:
            return
        if state == "Active":
            with self.lock:
                self.transactions[query.id] = (connection, query.session.get("database"))
        else:
            self._end(connection)

    def _end(self, connection):
        """A rollback outside a transaction does nothing."""
        try:
            connection.run("ROLLBACK")
        except Refused:
            return
        self.pool.give(connection)
