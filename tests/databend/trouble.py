"""What the front does wrong because a test asked for it, and what it was asked.

A test switches a trouble on for the statements of its own database, so tests at the same time do not meet each
other's:

    POST /control/trouble {"database": "d", "match": "COMMIT", "what": "lost", "times": 1}

`what` is one of
    cut     the connection is closed before the statement begins
    lost    the statement is executed, and then the connection is closed instead of an answer
    gone    the answer is that the statement runs; then the server restarts
    slow    the statement begins after `seconds`
    busy    HTTP 503 with `Retry-After: 1`, as a warehouse that wakes up
    error   the engine's error `code` instead of the statement
    short   an upload loses all lines but the first
    old     an upload is two days old
    page    its rows come in pages of `rows`
    presign PRESIGN UPLOAD answers with a URL of the front, as an object store
    expired the time of the session's token is over
    missing a login is asked of a server that knows none (404)
    brief   a login tells that its token lives for `seconds`

A login's statement is `login`, `refresh` or `logout`. An upload has no statement: `match` is compared with
`upload STAGE/PATH`, and the database is a folder of the path."""

import threading


class Troubles:
    def __init__(self):
        self.lock, self.waiting, self.met, self.seen = threading.Lock(), [], [], []

    def add(self, trouble):
        with self.lock:
            self.waiting.append(dict(trouble, times=trouble.get("times", 1)))

    def meet(self, database, statement):
        """The trouble of this statement, if there is one. It is used up after its number of times."""
        with self.lock:
            for trouble in self.waiting:
                is_its = database == trouble["database"] or f"/{trouble['database']}/" in statement.split(" ")[-1]
                if is_its and trouble["match"] in statement:
                    trouble["times"] -= 1
                    if trouble["times"] == 0:
                        self.waiting.remove(trouble)
                    self.met.append(trouble)
                    return trouble
        return {"what": None}

    def note(self, database, statement, headers):
        wanted = {name.lower(): value for name, value in headers.items() if name.lower().startswith("x-databend-")}
        wanted["login"] = headers.get("Authorization", "").split(" ")[0]
        with self.lock:
            self.seen.append({"database": database, "statement": statement, "headers": wanted})
            del self.seen[:-5000]

    def of(self, database, what):
        """The statements that were `seen`, or the troubles that were `met`, in a database."""
        with self.lock:
            return [one for one in getattr(self, what) if one["database"] == database]
