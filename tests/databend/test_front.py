"""The front, judged by a client of another author: Databend's official Python driver. It reads TEST_DATABEND:
`eval "$(scripts/services.sh env)"`."""

import decimal
import json
import os
import unittest
import urllib.request
import uuid

from databend_driver import BlockingDatabendClient

SERVER = os.environ["TEST_DATABEND"]


def control(act, **content):
    address = SERVER.split("@")[1].split("/")[0]
    request = urllib.request.Request(f"http://{address}/control/{act}", json.dumps(content).encode(), method="POST")
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


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

    def test_a_wrong_password_is_refused(self):
        with self.assertRaisesRegex(Exception, "(?i)auth|password|401"):
            BlockingDatabendClient(SERVER.replace("sluice-secret", "wrong")).get_conn().exec("SELECT 1")


if __name__ == "__main__":
    unittest.main()
