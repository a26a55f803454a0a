"""The front, judged by a client of another author: Databend's official Python driver. It reads TEST_DATABEND:
`eval "$(scripts/services.sh env)"`."""

import base64
import decimal
import json
import os
import unittest
import urllib.error
import urllib.request
import uuid

from databend_driver import BlockingDatabendClient

SERVER = os.environ["TEST_DATABEND"]
PASSWORD = {"Authorization": "Basic " + base64.b64encode(SERVER.split("//")[1].split("@")[0].encode()).decode()}


def control(act, **content):
    address = SERVER.split("@")[1].split("/")[0]
    request = urllib.request.Request(f"http://{address}/control/{act}", json.dumps(content).encode(), method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def ask(path, headers, **content):
    """The status, the content and the headers of an answer."""
    address = SERVER.split("@")[1].split("/")[0]
    body = json.dumps(content).encode()
    request = urllib.request.Request(f"http://{address}/v1/{path}", body, headers, method="POST")
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as refused:
        return refused.code, json.loads(refused.read()), refused.headers


class Front(unittest.TestCase):
    def setUp(self):
        self.database = f"front_{uuid.uuid4().hex}"
        admin = BlockingDatabendClient(SERVER).get_conn()
        admin.exec(f"CREATE DATABASE {self.database}")
        self.addCleanup(admin.exec, f"DROP DATABASE {self.database}")
        self.connection = self.connect()

    def connect(self, more=""):
        return BlockingDatabendClient(SERVER.replace("/default?", f"/{self.database}?") + more).get_conn()

    def rows(self, sql, connection=None):
        return [row.values() for row in (connection or self.connection).query_iter(sql)]

    def test_values_of_every_kind_are_read(self):
        sql = """SELECT 18446744073709551615, CAST('-1.50' AS DECIMAL(76, 10)), true, NULL, 'a\\n',
            CAST('2026-01-02 03:04:05.123456' AS TIMESTAMP), CAST('2026-01-02' AS DATE), parse_json('{"a":[1]}'),
            [1, 2], unhex('00ff'), 0.5::DOUBLE"""
        ((big, exact, truth, null, text, moment, day, variant, array, binary, half),) = self.rows(sql)
        self.assertEqual((big, exact), (18446744073709551615, decimal.Decimal("-1.5")))
        self.assertEqual((truth, null, text, half), (True, None, "a\n", 0.5))
        self.assertEqual((moment.isoformat()[:26], day.isoformat()), ("2026-01-02T03:04:05.123456", "2026-01-02"))
        self.assertEqual((json.loads(variant), array, binary), ({"a": [1]}, [1, 2], b"\x00\xff"))

    def test_an_error_has_its_code(self):
        with self.assertRaisesRegex(Exception, "1025"):
            self.connection.exec("SELECT * FROM nowhere")

    def test_a_transaction_is_seen_by_others_only_after_its_commit(self):
        other = self.connect()
        self.connection.exec("CREATE TABLE t (n INT)")
        self.connection.exec("BEGIN")
        self.connection.exec("INSERT INTO t VALUES (1)")
        self.assertEqual(self.rows("SELECT n FROM t", other), [])
        self.connection.exec("COMMIT")
        self.assertEqual(self.rows("SELECT n FROM t", other), [(1,)])
        self.connection.exec("BEGIN")
        self.connection.exec("INSERT INTO t VALUES (2)")
        self.connection.exec("ROLLBACK")
        self.assertEqual(self.rows("SELECT n FROM t", other), [(1,)])

    def test_a_statement_that_fails_makes_the_transaction_fail(self):
        self.connection.exec("CREATE TABLE t (n INT)")
        self.connection.exec("BEGIN")
        with self.assertRaisesRegex(Exception, "1025"):
            self.connection.exec("SELECT * FROM nowhere")
        with self.assertRaisesRegex(Exception, "4002"):
            self.connection.exec("INSERT INTO t VALUES (1)")
        self.connection.exec("ROLLBACK")
        self.connection.exec("INSERT INTO t VALUES (2)")
        self.assertEqual(self.rows("SELECT n FROM t"), [(2,)])

    def test_a_query_that_is_asked_for_again_runs_once(self):
        self.connection.exec("CREATE TABLE t (n INT)")
        session = {"database": self.database}
        same = {**PASSWORD, "X-DATABEND-QUERY-ID": str(uuid.uuid4())}
        answers = [ask("query", same, sql="INSERT INTO t VALUES (1)", session=session) for _ in range(2)]
        self.assertEqual([answer["data"] for _, answer, _ in answers], [[["1"]], [["1"]]])
        self.assertEqual(self.rows("SELECT n FROM t"), [(1,)])

    def test_pages_are_followed(self):
        control("trouble", database=self.database, match="numbers", what="page", rows=3)
        self.assertEqual(self.rows("SELECT number FROM numbers(10) ORDER BY number"), [(n,) for n in range(10)])

    def test_a_slow_answer_is_waited_for(self):
        control("trouble", database=self.database, match="SELECT 7", what="slow", seconds=1.5)
        self.assertEqual(self.rows("SELECT 7"), [(7,)])

    def test_a_transaction_ends_with_its_server(self):
        self.connection.exec("CREATE TABLE t (n INT)")
        self.connection.exec("BEGIN")
        self.connection.exec("INSERT INTO t VALUES (1)")
        control("restart", database=self.database)
        with self.assertRaisesRegex(Exception, "4003"):
            self.connection.exec("COMMIT")
        self.assertEqual(self.rows("SELECT n FROM t", self.connect()), [])

    def test_files_are_uploaded_and_loaded(self):
        self.connection.exec("CREATE TABLE t (a INT, b VARCHAR)")
        self.connection.stream_load("INSERT INTO t VALUES", [["1", "x"], ["2", "y'\n"]], method="stage")
        self.assertEqual(sorted(self.rows("SELECT a, b FROM t")), [(1, "x"), (2, "y'\n")])

    def test_a_signed_upload_is_taken_by_the_driver(self):
        control("trouble", database=self.database, match="PRESIGN", what="presign", times=9)
        connection = self.connect("&presign=on")
        connection.exec("CREATE TABLE t (a INT)")
        connection.stream_load("INSERT INTO t VALUES", [["1"], ["2"]], method="stage")
        self.assertEqual(sorted(self.rows("SELECT a FROM t", connection)), [(1,), (2,)])

    def test_a_sessions_token_is_used_by_the_driver(self):
        connection = self.connect("&session_token=enable")
        connection.exec("BEGIN")
        self.assertEqual(self.rows("SELECT number FROM numbers(3)", connection), [(0,), (1,), (2,)])
        connection.exec("COMMIT")
        seen = [(one["statement"], one["headers"]["login"]) for one in control("seen", database=self.database)]
        self.assertEqual(seen[-3][1], "Bearer", seen)
        self.assertIn(("login", "Basic"), seen)

    def test_tokens_are_as_the_servers_own_test_has_them(self):
        """The answers of `tests/nox/suites/http_handler/test_token.py` of the server's sources."""
        cookie = {"Cookie": "cookie_enabled=true"}
        self.assertEqual(ask("session/login", PASSWORD)[0], 500)
        status, login, headers = ask("session/login", {**PASSWORD, **cookie}, database=self.database)
        self.assertEqual((status, headers["X-DATABEND-SESSION-ID"]), (200, login["session_id"]))
        cookie = {"Cookie": f"cookie_enabled=true; session_id={login['session_id']}"}
        kinds = ("session_token", "refresh_token")
        session, refresh = ({"Authorization": f"Bearer {login['tokens'][kind]}", **cookie} for kind in kinds)
        self.assertEqual(ask("query", session, sql="SELECT 1")[1]["data"], [["1"]])
        for path, wrong, code in [
            ("query", {"Authorization": "Bearer xxx"}, 5100),
            ("query", refresh, 5100),
            ("query", {**session, "Cookie": "cookie_enabled=true; session_id=another"}, 5100),
            ("session/login", session, 5100),
            ("session/refresh", session, 5100),
        ]:
            status, answer, _ = ask(path, wrong, sql="SELECT 1")
            self.assertEqual((status, answer["error"]["code"]), (401, code), answer)
        new = ask("session/refresh", refresh)[1]["tokens"]
        renewed = {"Authorization": f"Bearer {new['session_token']}", **cookie}
        for token in session, renewed:
            self.assertEqual(ask("query", token, sql="SELECT 2")[1]["data"], [["2"]])
        self.assertEqual(ask("session/logout", renewed)[0], 200)
        self.assertEqual(ask("query", renewed, sql="SELECT 3")[1]["error"]["code"], 5103)
        self.assertEqual(ask("session/refresh", refresh)[1]["error"]["code"], 5104)

    def test_a_wrong_password_is_refused(self):
        with self.assertRaisesRegex(Exception, "(?i)auth|password|401"):
            BlockingDatabendClient(SERVER.replace("sluice-secret", "wrong")).get_conn().exec("SELECT 1")


if __name__ == "__main__":
    unittest.main()
