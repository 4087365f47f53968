"""Who may use the page: the browser that was opened with a token, under the page's own name, from the page itself.

Any program on this machine can connect to the port, and any website can have a browser send requests to it. So a
request needs the cookie that the token was exchanged for; a Host that is the page's, against names that are made to
lead here (DNS rebinding); and no Origin but the page's, against requests that other pages send.
"""

import hmac
import secrets
import threading
from http.cookies import CookieError, SimpleCookie

ADDRESS = "127.0.0.1"
NAMES = (ADDRESS, "localhost")


class Access:
    """The secrets of one run of the page at `port`; they end with the process."""

    def __init__(self, port: int) -> None:
        self._hosts = [f"{name}:{port}" for name in NAMES]
        # Cookies are sent to every port of a machine: the name keeps two pages from overwriting each other's.
        self._name = f"jinactl-{port}"
        self._session = secrets.token_urlsafe(32)
        self._printed = secrets.token_urlsafe(32)
        # Other people on this machine can see with which arguments a browser is started, so this token works once.
        self._launch = secrets.token_urlsafe(32)
        self._lock = threading.Lock()

    @property
    def address(self) -> str:
        """The address of the page, for a browser that has the cookie."""
        return f"http://{self._hosts[0]}/"

    @property
    def printed_url(self) -> str:
        """The address that lets a browser in, as often as somebody opens it."""
        return f"{self.address}?token={self._printed}"

    @property
    def launch_url(self) -> str:
        """The address that lets one browser in, once."""
        return f"{self.address}?token={self._launch}"

    def redeem(self, token: str) -> str:
        """Return the header that sets the cookie for whoever has a token; empty for one that is wrong or used."""
        with self._lock:
            launched = bool(self._launch) and _same(token, self._launch)
            if launched:
                self._launch = ""
        if not launched and not _same(token, self._printed):
            return ""
        return f"{self._name}={self._session}; Path=/; HttpOnly; SameSite=Strict"

    def is_page(self, host: str | None) -> bool:
        """Tell whether a Host is the page's."""
        return host in self._hosts

    def is_from_page(self, *, host: str | None, origin: str | None, site: str | None) -> bool:
        """Tell whether a request that does something comes from the page, as far as Origin and Sec-Fetch-Site say."""
        return origin in (None, f"http://{host}") and site in (None, "same-origin")

    def lets_in(self, cookies: str | None) -> bool:
        """Tell whether a Cookie header has the session."""
        try:
            found = SimpleCookie(cookies or "").get(self._name)
        except CookieError:
            return False
        return found is not None and _same(found.value, self._session)


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode(errors="replace"), known.encode())
