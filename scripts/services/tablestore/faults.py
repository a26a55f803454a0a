"""Faults that a test switches on for one instance, each a JSON object with `kind`:

  rows    {"code": C, "every": N, "times": T}   in the next T batches every Nth row or point is answered with this code
  error   {"status": S, "code": C, "message": M, "times": T}   the next T requests are refused like this
  status  {"status": S, "retry_after": SECONDS, "times": T}    an answer that is not the service's own
  lost    {"applied": true, "times": T}         the connection is closed instead of an answer
  slow    {"ms": MS, "times": T}                the answer comes later
  clock   {"seconds": S}                        the service's clock is off by this, from now on
  token   {"token": TEXT}                       only this token of STS is valid, from now on
  new     {"refusals": N}                       a table that is made refuses its first N rows or points

With "after": N a fault that has times begins behind N more requests. It concerns one operation if it has
"operation".
"""


class Faults:
    def __init__(self):
        self.clear()

    def clear(self):
        self.listed = []
        self.clock = 0
        self.token = None
        self.refusals = 0

    def add(self, fault):
        kind = fault["kind"]
        if kind == "clock":
            self.clock = fault["seconds"]
        elif kind == "token":
            self.token = fault["token"]
        elif kind == "new":
            self.refusals = fault["refusals"]
        elif kind in ("rows", "error", "status", "lost", "slow"):
            self.listed.append({"times": 1, "after": 0, "every": 1, **fault})
        else:
            raise ValueError(f"there is no fault {kind}")

    def take(self, operation):
        """The faults of this request, by kind."""
        taken = {}
        for fault in self.listed:
            if fault.get("operation", operation) != operation or fault["kind"] in taken:
                continue
            if fault["after"]:
                fault["after"] -= 1
            elif fault["times"]:
                fault["times"] -= 1
                taken[fault["kind"]] = fault
        return taken
