"""Logins of HTTP requests: the user's password, and the tokens that the server gives for it, each for a session of the
client.

As in the server (`servers/http/middleware/session.rs`, `session_header.rs` and `servers/http/v1/session` of its
sources, whose test `test_token.py` shows every answer): a client that says that it keeps cookies gets a session's id in
one, and a token is good for its session only.

Not here: the queries of a session (`queries`), and tokens of others (JWT)."""

import base64
import http.cookies
import threading
import time
import uuid

from engine import VERSION, Refused

PASSWORD = "sluice:sluice-secret"
# The server tells the time of the refresh token as that of the session's token, which lives a quarter of it.
LIFETIME = 4 * 3600
KINDS = {"s": "session", "r": "refresh"}


class Logins:
    def __init__(self):
        self.lock, self.tokens, self.expired = threading.Lock(), {}, set()
        self.databases = {}

    def check(self, headers, path):
        """The session of the client; none if it has none. 401 as `Refused` if it is not logged in."""
        session = session_of(headers)
        scheme, _, given = headers.get("Authorization", "").partition(" ")
        if scheme == "Bearer":
            wanted = {"refresh": "r", "login": None}.get(path.rsplit("/", 1)[-1], "s")
            told = self.session_of_token(given, wanted)
            if session and session != told:
                raise Refused(5100, "Session ID mismatch")
            return session
        try:
            if scheme == "Basic" and base64.b64decode(given).decode() == PASSWORD:
                return session
        except ValueError:
            pass
        raise Refused(5100, "wrong user name or password")

    def session_of_token(self, token, wanted):
        kind = token.removeprefix("bend-v1-")[:1]
        if not token.startswith("bend-v1-") or kind not in KINDS:
            raise Refused(5100, "JWT auth is not configured on this server")
        if kind != wanted:
            raise Refused(5100, "Authentication error: incorrect token type for this endpoint")
        with self.lock:
            if token in self.tokens:
                return self.tokens[token]
            if token in self.expired:
                raise Refused(5101 if kind == "s" else 5102, f"{KINDS[kind]} token has expired")
        raise Refused(5103 if kind == "s" else 5104, f"{KINDS[kind]} token not found in database")

    def database(self, session, asked):
        """The database that a session's login has named."""
        if asked:
            self.databases[session] = asked
        return self.databases.get(session)

    def answer(self, act, session, path, trouble):
        """The status and the content of the answer to `/v1/session/ACT`."""
        if trouble["what"] == "missing" or act not in ("login", "refresh", "logout"):
            return error(404, 404, f"there is no {path}")
        if act == "logout":
            self.forget(session)
            return 200, {"error": None}
        if session is None:
            # The server's handler of logins panics.
            return error(500, 500, "request handler panicked") if act == "login" else error(400, 5100, "no session")
        login = {"version": VERSION, "session_id": session} if act == "login" else {}
        if "disable_session_token=true" in path:
            return 200, login
        return 200, {**login, "tokens": self.give(session, trouble.get("seconds", LIFETIME))}

    def give(self, session, lifetime):
        """A pair of tokens for a session."""
        pair = {kind: f"bend-v1-{kind}-{uuid.uuid4().hex}" for kind in KINDS}
        with self.lock:
            self.tokens.update({token: session for token in pair.values()})
        return {"session_token_ttl_in_secs": lifetime, "session_token": pair["s"], "refresh_token": pair["r"]}

    def expire(self, session):
        """Ends the time of a session's token, not that of its refresh token."""
        self.expired |= self.forget(session, "s")

    def forget(self, session, kinds="sr"):
        with self.lock:
            gone = {token for token, of in self.tokens.items() if of == session and token[8] in kinds}
            for token in gone:
                del self.tokens[token]
        return gone


def error(status, code, message):
    return status, {"error": {"code": code, "message": message}}


def session_of(headers):
    """The session that the cookies name; a new one for a client that only says that it keeps cookies."""
    cookies = http.cookies.SimpleCookie(headers.get("Cookie", ""))
    if "cookie_enabled" not in cookies:
        return None
    return cookies["session_id"].value if "session_id" in cookies else str(uuid.uuid4())


def told(headers, session):
    """The headers of an answer that tell a client its session."""
    if session is None:
        return []
    cookies = {"session_id": session, "last_refresh_time": str(int(time.time()))}
    is_new = session not in headers.get("Cookie", "")
    new = [("Set-Cookie", f"{name}={value}; Path=/") for name, value in cookies.items()]
    return [("X-DATABEND-SESSION-ID", session), *(new if is_new else [])]
