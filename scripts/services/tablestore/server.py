"""A stand-in for Alibaba Cloud Tablestore, on the official Python SDK's messages, rows and signatures.

  server.py PORT

Every instance exists, and all have the access key `sluice` / `sluice-secret`. Tests look behind the service at
/stand-in/INSTANCE: GET `rows/TABLE`, `series/TABLE` and `log`, POST `faults` (see faults.py), `tables` and `sever`.

What it does not prove: it refuses what the service's pages say, in the service's codes, but its messages, its
order of checks and its timing are not the service's. It keeps one version of a cell, has no throughput, no
transactions and no indexes, and only the operations below.
"""

import base64
import hashlib
import json
import socket
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import tablestore.protobuf.table_store_pb2 as pb
import tablestore.protobuf.timeseries_pb2 as ts
from google.protobuf.message import DecodeError
from tablestore.auth import RequestContext, SignV2, SignV4
from tablestore.credentials import StaticCredentialsProvider
from tablestore.error import OTSClientError

from faults import Faults
from look import look
from series import SeriesTables
from tables import Refused, Tables, invalid

ID, SECRET = "sluice", "sluice-secret"
MOST_BODY = 5 * 1024 * 1024
LATEST = timedelta(minutes=15)
DATE = "%Y-%m-%dT%H:%M:%S.000Z"
SIGNATURES = ("x-ots-signature", "x-ots-signaturev4")
# The status of a table, which clients of other languages need: field 4, ACTIVE. The Python SDK's message does not have it.
ACTIVE = b"\x20\x01"
ANSWERED = ("DescribeTable", "ListTable", "CreateTable", "DeleteTable", "BatchWriteRow")
OF_SERIES = (
    "DescribeTimeseriesTable",
    "ListTimeseriesTable",
    "CreateTimeseriesTable",
    "DeleteTimeseriesTable",
    "PutTimeseriesData",
    "GetTimeseriesData",
)


class Instance:
    def __init__(self):
        self.tables, self.series, self.faults = Tables(), SeriesTables(), Faults()
        self.log, self.connections = [], set()
        self.lock = threading.Lock()


INSTANCES, ALL = {}, threading.Lock()


def instance(name):
    with ALL:
        return INSTANCES.setdefault(name, Instance())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def do_GET(self):
        _, _, name, what, *rest = self.path.split("/")
        with instance(name).lock:
            self.reply_json(look(instance(name), what, *rest))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path.startswith("/stand-in/"):
            _, _, name, what = self.path.split("/")
            return self.control(instance(name), what, body)
        there = instance(self.headers.get("x-ots-instancename", ""))
        there.connections.add(self.connection)
        with there.lock:
            faults = there.faults.take(self.path[1:])
        time.sleep(faults["slow"]["ms"] / 1000 if "slow" in faults else 0)
        if "lost" in faults and not faults["lost"].get("applied"):
            return self.hang_up()
        if fault := faults.get("status"):
            return self.reply_plain(fault)
        with there.lock:
            status, answer = self.answer(there, body, faults)
        if "lost" in faults:
            return self.hang_up()
        self.reply(there, status, answer)

    def answer(self, there, body, faults):
        operation = self.path[1:]
        try:
            if operation not in ANSWERED + OF_SERIES:
                raise invalid(f"Unsupported operation: '{operation}'.")
            self.check(there, body)
            if fault := faults.get("error"):
                raise Refused(fault["status"], fault["code"], fault.get("message", ""))
            of_series = operation in OF_SERIES
            request = getattr(ts if of_series else pb, f"{operation}Request").FromString(body)
            run = self.run_series if of_series else self.run
            answer = run(there, operation, request, len(body), faults.get("rows"))
            return 200, answer.SerializeToString()
        except (Refused, OTSClientError, DecodeError, UnicodeDecodeError) as error:
            refused = error if isinstance(error, Refused) else invalid(str(error))
            there.log.append({"operation": operation, "refused": refused.code})
            return refused.status, pb.Error(code=refused.code, message=refused.message).SerializeToString()

    def run(self, there, operation, request, size, fault):
        tables = there.tables
        rows = sum(len(part.rows) for part in request.tables) if operation == "BatchWriteRow" else 0
        if operation == "BatchWriteRow":
            answer = tables.write(request, size, refusing(fault))
        elif operation == "CreateTable":
            tables.create(request, there.faults.refusals)
            answer = pb.CreateTableResponse()
        elif operation == "DeleteTable":
            tables.table(request.table_name)
            del tables.tables[request.table_name]
            answer = pb.DeleteTableResponse()
        elif operation == "ListTable":
            answer = pb.ListTableResponse(table_names=sorted(tables.tables))
        else:
            table = tables.table(request.table_name)
            answer = pb.DescribeTableResponse(table_meta=table.meta, table_options=table.options)
            answer.reserved_throughput_details.capacity_unit.read = 0
            answer.reserved_throughput_details.last_increase_time = 0
            answer.MergeFromString(ACTIVE)
        there.log.append({"operation": operation, "rows": rows, "bytes": size})
        return answer

    def run_series(self, there, operation, request, size, fault):
        series, entry = there.series, {"operation": operation, "bytes": size}
        if operation == "PutTimeseriesData":
            answer, entry["rows"] = series.put(request, size, refusing(fault))
            entry["meta_update_mode"] = request.meta_update_mode
        elif operation == "GetTimeseriesData":
            answer = series.get(request)
        elif operation == "CreateTimeseriesTable":
            series.create(request, there.tables.tables, there.faults.refusals)
            entry["time_to_live"] = request.table_meta.table_options.time_to_live
            answer = ts.CreateTimeseriesTableResponse()
        elif operation == "DeleteTimeseriesTable":
            series.table(request.table_name)
            del series.tables[request.table_name]
            answer = ts.DeleteTimeseriesTableResponse()
        elif operation == "ListTimeseriesTable":
            answer = ts.ListTimeseriesTableResponse(table_metas=[table.meta for table in series.tables.values()])
        else:
            answer = ts.DescribeTimeseriesTableResponse(table_meta=series.table(request.table_name).meta)
        there.log.append(entry)
        return answer

    def check(self, there, body):
        headers = {name.lower(): value for name, value in self.headers.items() if name.lower().startswith("x-ots-")}
        for name in ("x-ots-date", "x-ots-apiversion", "x-ots-accesskeyid", "x-ots-contentmd5"):
            if name not in headers:
                raise invalid(f"Missing header: '{name}'.")
        if len(body) > MOST_BODY:
            raise Refused(413, "OTSRequestBodyTooLarge", "The size of POST data is too large.")
        if headers["x-ots-contentmd5"] != md5(body):
            raise denied("Mismatch between MD5 value of request body and x-ots-contentmd5 in header.")
        sent = datetime.strptime(headers["x-ots-date"], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc)
        if abs(now(there) - sent) > LATEST:
            raise denied(f"Mismatch between system time and x-ots-date: {headers['x-ots-date']}.")
        if headers["x-ots-accesskeyid"] != ID:
            raise denied("The AccessKeyID does not exist.")
        if there.faults.token is not None and headers.get("x-ots-ststoken") != there.faults.token:
            raise denied("The security token has expired.")
        given = {name: headers.pop(name) for name in SIGNATURES if name in headers}
        signer, context = self.signer(headers)
        signer.make_request_signature_and_add_headers(self.path, headers, context)
        if given != {name: headers[name] for name in SIGNATURES if name in headers}:
            raise denied("Signature mismatch.")

    @staticmethod
    def signer(headers):
        credentials = StaticCredentialsProvider(ID, SECRET).get_credentials()
        region, date = headers.get("x-ots-signregion"), headers.get("x-ots-signdate")
        signer = SignV4("utf-8", region=region, sign_date=date) if region else SignV2("utf-8")
        return signer, RequestContext(credentials, date)

    def control(self, there, what, body):
        with there.lock:
            if what == "faults":
                there.faults.clear()
                for fault in json.loads(body):
                    there.faults.add(fault)
            elif what == "tables":
                wanted = json.loads(body)
                if wanted.get("series"):
                    there.series.replace(wanted["name"])
                else:
                    there.tables.replace(wanted)
            elif what == "sever":
                # An HTTP client opens a closed connection again by itself, so its next request is lost too.
                there.faults.add({"kind": "lost", "applied": False})
                for connection in list(there.connections):
                    there.connections.discard(connection)
                    try:
                        connection.shutdown(socket.SHUT_RDWR)
                    except OSError:
                        pass
        self.reply_json({})

    def reply(self, there, status, body):
        headers = {
            "x-ots-contentmd5": md5(body),
            "x-ots-requestid": f"{time.time_ns():x}",
            "x-ots-date": now(there).strftime(DATE),
            "x-ots-contenttype": "protocol buffer",
        }
        signer, context = self.signer({name.lower(): value for name, value in self.headers.items()})
        signature = signer.make_response_signature(self.path, headers, signer.get_signing_key(context))
        self.send({**headers, "Authorization": f"OTS {ID}:{signature}"}, status, body)

    def reply_plain(self, fault):
        pause = {"Retry-After": str(fault["retry_after"])} if "retry_after" in fault else {}
        self.send(pause, fault["status"], b"<html>the balancer says no</html>")

    def reply_json(self, value):
        self.send({"Content-Type": "application/json"}, 200, json.dumps(value).encode())

    def send(self, headers, status, body):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def hang_up(self):
        self.close_connection = True
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def denied(message):
    return Refused(403, "OTSAuthFailed", message)


def md5(body):
    return base64.b64encode(hashlib.md5(body).digest()).decode()


def now(there):
    return datetime.now(timezone.utc) + timedelta(seconds=there.faults.clock)


def refusing(fault):
    """Which rows of a request a fault concerns: gives the code, or nothing."""
    return lambda number: fault and number % fault["every"] == 0 and fault["code"]


if __name__ == "__main__":
    ThreadingHTTPServer.daemon_threads = True
    ThreadingHTTPServer.request_queue_size = 128
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
