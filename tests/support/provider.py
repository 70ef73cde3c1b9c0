"""A provider's report API on 127.0.0.1: the documented parameters, pages and errors, and misbehaviour on demand.

Anything that OpenAI or Anthropic does not document is answered with 400, so that a test passes only when the request
is right. What it is told to do wrong is done once, in the order given, before it answers properly.
"""

import base64
import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "sk-admin-T3stK3yNeverShown0123456789"
WIDTHS = {"1m": timedelta(minutes=1), "1h": timedelta(hours=1), "1d": timedelta(days=1)}
LIMITS = {"1m": 1440, "1h": 168, "1d": 31}
OPENAI_GROUPS = {
    "usage": {"project_id", "user_id", "api_key_id", "model", "batch", "service_tier"},
    "costs": {"project_id", "line_item", "api_key_id"},
}
ANTHROPIC_GROUPS = {
    "usage": {"account_id", "api_key_id", "context_window", "inference_geo", "model", "service_account_id",
              "service_tier", "speed", "workspace_id"},
    "costs": {"workspace_id", "description"},
}  # fmt: skip
PATHS = {
    "/v1/organization/usage/completions": ("openai", "usage"),
    "/v1/organization/costs": ("openai", "costs"),
    "/v1/organizations/usage_report/messages": ("anthropic", "usage"),
    "/v1/organizations/cost_report": ("anthropic", "costs"),
}


class WrongError(Exception):
    """The request is not what the provider documents: 400, with these words."""


@dataclass
class Provider:
    """One provider: rows by report and start of their bucket; at most `page_buckets` buckets on a page. `strict_end`:
    the last of them ends before the end that was asked for, as Anthropic's words can be read, and not with it.

    `faults` are done one by one: an HTTP status, (429, Retry-After), "close" (before any answer), "cut" (in the middle
    of it), "repeat" (the page before once more), "circle" (the cursor of this page again), "hang", "html".
    """

    key: str = KEY
    page_buckets: int = 2000
    strict_end: bool = False
    rows: dict[str, dict[datetime, list[dict[str, Any]]]] = field(default_factory=lambda: defaultdict(dict))
    faults: list[Any] = field(default_factory=list)
    seen: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    forgotten: set[str] = field(default_factory=set)
    url: str = ""

    def put(self, report: str, start: str, *results: dict[str, Any]) -> None:
        """What the provider says of the bucket that starts then (RFC 3339)."""
        self.rows[report][datetime.fromisoformat(start)] = list(results)

    def asked(self, report: str) -> list[dict[str, Any]]:
        return [parameters for name, parameters in self.seen if name == report]

    def answer(self, kind: str, report: str, given: list[tuple[str, str]]) -> dict[str, Any]:
        parameters = _checked(kind, report, given)
        start, end, width = parameters["start"], parameters["end"], WIDTHS[parameters["width"]]
        size = min(parameters["limit"], self.page_buckets)
        page = parameters.get("page")
        if page is not None:
            if page in self.forgotten:
                raise WrongError("the cursor is not known any more")
            at = datetime.fromisoformat(base64.urlsafe_b64decode(page.removeprefix("page_")).decode()[:25])
            if not start <= at < end:
                raise WrongError("the cursor belongs to another request")
            start = at
        starts = [start + step * width for step in range(int((end - start) / width) - self.strict_end)]
        buckets = [self._bucket(kind, report, at, width) for at in starts[:size]]
        more = starts[size:]
        cursor = "page_" + base64.urlsafe_b64encode(more[0].isoformat().encode()).decode() if more else None
        envelope = {"object": "page"} if kind == "openai" else {}
        return {**envelope, "data": buckets, "has_more": bool(more), "next_page": cursor}

    def _bucket(self, kind: str, report: str, start: datetime, width: timedelta) -> dict[str, Any]:
        results = self.rows[report].get(start, [])
        if kind == "openai":
            limits = {"start_time": int(start.timestamp()), "end_time": int((start + width).timestamp())}
            return {"object": "bucket", **limits, "results": results}
        return {"starting_at": _text(start), "ending_at": _text(start + width), "results": results}


@contextmanager
def serving(provider: Provider) -> Iterator[Provider]:
    """The provider on a free port; `provider.url` is its base address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    provider.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        last: dict[str, bytes] = {}

        def do_GET(self) -> None:
            address = urlsplit(self.path)
            kind, report = PATHS.get(address.path, ("", ""))
            given = parse_qsl(address.query)
            provider.seen.append((report, {**dict(given), "headers": dict(self.headers)}))
            if not kind or not self._authorised(kind):
                status = 401 if kind else 404
                self._send(status, _error(f"Incorrect API key provided: {provider.key[:12]}***{provider.key[-4:]}."))
                return
            fault = provider.faults.pop(0) if provider.faults else None
            if fault == "close":
                self.close_connection = True
                return
            if isinstance(fault, int | tuple):
                status, headers = (fault, {}) if isinstance(fault, int) else (fault[0], {"Retry-After": fault[1]})
                self._send(status, _error(f"no, says {provider.key}"), headers)
                return
            try:
                body = json.dumps(provider.answer(kind, report, given)).encode()
            except WrongError as error:
                self._send(400, _error(str(error)))
                return
            self._send_page(report, body, fault)

        def _send_page(self, report: str, body: bytes, fault: Any) -> None:
            if fault == "cut":
                self._head(200, len(body))
                self.wfile.write(body[: len(body) // 2])
                self.close_connection = True
                return
            if fault == "html":
                body = b"<html>gateway</html>"
            if fault == "repeat":  # the rows of the page before, and the way to go on
                page = json.loads(body)
                before = json.loads(self.last[report])
                body = json.dumps({**page, "data": [*before["data"], *page["data"]]}).encode()
            if fault == "circle":
                body = json.dumps({**json.loads(body), "has_more": True, "next_page": "page_again"}).encode()
            self.last[report] = body
            self._send(200, body)

        def _authorised(self, kind: str) -> bool:
            if kind == "openai":
                return self.headers.get("Authorization") == f"Bearer {provider.key}"
            return self.headers.get("x-api-key") == provider.key and self.headers.get("anthropic-version") is not None

        def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self._head(status, len(body), headers)
            self.wfile.write(body)

        def _head(self, status: int, length: int, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(length), **(headers or {})}.items():
                self.send_header(name, value)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: tests look at what was asked, not at a log."""

    return Handler


def _checked(kind: str, report: str, given: list[tuple[str, str]]) -> dict[str, Any]:
    """The documented parameters, or WrongError naming the first that is not."""
    openai = kind == "openai"
    group, first, last = ("group_by", "start_time", "end_time") if openai else (
        "group_by[]", "starting_at", "ending_at"
    )  # fmt: skip
    single = dict(pair for pair in given if pair[0] != group)
    unknown = set(single) - {first, last, "bucket_width", "limit", "page"}
    groups = [value for name, value in given if name == group]
    allowed = (OPENAI_GROUPS if openai else ANTHROPIC_GROUPS)[report]
    width = single.get("bucket_width", "1d")
    most = 180 if openai and report == "costs" else LIMITS.get(width, 0)
    limit = int(single.get("limit", 7))
    if unknown or set(groups) - allowed or len(groups) != len(set(groups)):
        raise WrongError(f"unknown parameter {sorted(unknown or set(groups))}")
    if width not in WIDTHS or (report == "costs" and width != "1d") or not 1 <= limit <= most:
        raise WrongError(f"bucket_width {width} with limit {limit}")
    if first not in single:
        raise WrongError(f"{first} is required")
    start, end = (
        datetime.fromtimestamp(int(single[name]), UTC) if openai else datetime.fromisoformat(single[name])
        for name in (first, last)
    )
    return {"start": start, "end": end, "width": width, "limit": limit, **{k: single[k] for k in single if k == "page"}}


def _error(message: str) -> bytes:
    return json.dumps({"error": {"type": "error", "message": message}}).encode()


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
