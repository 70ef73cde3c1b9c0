"""Spans inside OTLP JSON, told apart twice: by DuckDB for clean files, in plain Python for the others.

A line is an ExportTraceServiceRequest: resourceSpans → scopeSpans → spans, each with attributes as a list of keys and
values. Both ways give the structure below: the attributes that are read, by name, beside the span's own fields.
"""

from collections.abc import Iterator
from typing import Any

from orchestration.sources.nesting import Inner, Nesting, repeated
from orchestration.sources.otlp.attributes import NAMES
from orchestration.sources.shape import TEXT, Structure, identifier, quoted

_FIELDS = ("traceId", "spanId", "parentSpanId", "name", "startTimeUnixNano", "endTimeUnixNano")
_VALUES = ("stringValue", "intValue", "doubleValue", "boolValue", "arrayValue", "kvlistValue")
STRUCTURE: Structure = {
    **dict.fromkeys(_FIELDS, TEXT),
    "status": {"code": TEXT},
    "scope": TEXT,
    "attributes": dict.fromkeys(NAMES, TEXT),
    "resource": dict.fromkeys(NAMES, TEXT),
}


def nesting() -> Nesting:
    """How OTLP lines and documents hold spans."""
    return Nesting(_spans, always=True, line_columns=_LINE, rows=_rows, mark=b'"startTimeUnixNano"')


# In plain Python


def _spans(document: Any) -> list[Inner] | None:
    if not isinstance(document, dict) or not isinstance(document.get("resourceSpans"), list):
        return [Inner(document, broken="has no list resourceSpans: this is no OTLP trace")]
    return list(_in_resources(document["resourceSpans"]))


def _in_resources(resources: list[Any]) -> Iterator[Inner]:
    for resource in resources:
        # The name before OTLP 0.15; the fast reader does not see these spans, so such files go the slow way.
        scopes = _list(resource, "scopeSpans", "instrumentationLibrarySpans")
        if scopes is None:
            yield Inner(resource, broken="is a resource without a list scopeSpans")
            continue
        about = resource.get("resource")
        known, trouble = _attributes(about, "the resource") if about is not None else ({}, None)
        for scope in scopes:
            spans = _list(scope, "spans")
            if spans is None:
                yield Inner(scope, broken="is a scope without a list spans")
                continue
            named = scope.get("scope")
            name = named.get("name") if isinstance(named, dict) else None
            yield from (_span(span, {"scope": name, "resource": known}, trouble) for span in spans)


def _span(span: Any, around: dict[str, Any], trouble: str | None) -> Inner:
    if not isinstance(span, dict):
        return Inner(span, broken="is no span object")
    known, own_trouble = _attributes(span, "the span")
    broken = trouble or own_trouble
    if repeated(span) & {*_FIELDS, "status", "attributes"}:
        broken = "names a key twice"
    if broken is not None:
        return Inner(span, broken=broken)
    fields = {name: span[name] for name in (*_FIELDS, "status") if name in span}
    return Inner(span, {**fields, "attributes": known, **around})


def _attributes(holder: Any, called: str) -> tuple[dict[str, Any], str | None]:
    """The attributes that are read, by name; or why they cannot be."""
    listed = holder.get("attributes") if isinstance(holder, dict) else holder
    known: dict[str, Any] = {}
    if listed is None:
        return known, None
    if not isinstance(listed, list):
        return known, f"{called}'s attributes are no list of keys and values"
    for entry in listed:
        if entry is None:
            continue
        if not isinstance(entry, dict):
            return known, f"{called}'s attributes are no list of keys and values"
        name = entry.get("key")
        if not isinstance(name, str) or name not in _READ:
            continue
        value = entry.get("value")
        if name in known:
            return known, f"{called} names the attribute {name} twice"
        if value is not None and not isinstance(value, dict):
            return known, f"{called}'s attribute {name} has no value object"
        known[name] = _given(value) if value else None
    return known, None


def _given(value: dict[str, Any]) -> Any:
    for kind in _VALUES:  # a loop, since every span of a dirty file comes here many times
        if value.get(kind) is not None:
            return value[kind]
    return None


def _list(holder: Any, *names: str) -> list[Any] | None:
    """The first of these that is a list; an absent or null one is an empty list, as in protobuf."""
    if not isinstance(holder, dict):
        return None
    given = [holder[name] for name in names if holder.get(name) is not None]
    if not given:
        return []
    return given[0] if isinstance(given[0], list) else None


_READ = frozenset(NAMES)

# By DuckDB

_VALUE = "STRUCT(" + ", ".join(f"{identifier(name)} VARCHAR" for name in _VALUES) + ")"
_ATTRIBUTES = f'STRUCT("key" VARCHAR, "value" {_VALUE})[]'
_SPAN = (
    "STRUCT("
    + ", ".join(f"{identifier(name)} VARCHAR" for name in _FIELDS)
    + f", status STRUCT(code VARCHAR), attributes {_ATTRIBUTES})"
)
_SCOPE = f'STRUCT("scope" STRUCT("name" VARCHAR), spans {_SPAN}[])'
_RESOURCE = f'STRUCT(resource STRUCT(attributes {_ATTRIBUTES}), "scopeSpans" {_SCOPE}[])'
_LINE = "{'resourceSpans': " + quoted(f"{_RESOURCE}[]") + "}"


def _rows(lines: str, opened: str) -> str:
    """One row a span over the relation `lines`; a line without resourceSpans gives one row of NULLs."""
    resources = f'SELECT unnest(coalesce("resourceSpans", [NULL])) AS held, {opened} FROM ({lines})'
    known = f'SELECT {_by_name("held.resource.attributes")} AS about, held."scopeSpans" AS scopes, held, {opened}'
    scopes = (
        f"SELECT unnest(CASE WHEN held IS NULL THEN [NULL] ELSE scopes END) AS held, about, {opened} "
        f"FROM ({known} FROM ({resources}))"
    )
    spans = (
        f"SELECT unnest(CASE WHEN held IS NULL THEN [NULL] ELSE held.spans END) AS span, "
        f'held."scope"."name" AS "scope", about, {opened} FROM ({scopes})'
    )
    fields = ", ".join(f"span.{identifier(name)} AS {identifier(name)}" for name in (*_FIELDS, "status"))
    return (
        f'SELECT {fields}, "scope", {_read("known")} AS attributes, {_read("about")} AS resource, {opened} '
        f"FROM (SELECT *, {_by_name('span.attributes')} AS known FROM ({spans}))"
    )


def _by_name(attributes: str) -> str:
    """A map of the attributes that are read; raises where one is named twice, and the file goes the slow way."""
    names = ", ".join(quoted(name) for name in NAMES)
    value = ", ".join(f'entry."value".{identifier(kind)}' for kind in _VALUES)
    return (
        f'map_from_entries(list_transform(list_filter({attributes}, lambda entry: entry."key" IN ({names})), '
        f"lambda entry: {{'name': entry.\"key\", 'value': coalesce({value})}}))"
    )


def _read(known: str) -> str:
    return "{" + ", ".join(f"{quoted(name)}: {known}[{quoted(name)}]" for name in NAMES) + "}"
