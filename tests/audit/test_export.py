"""What others are given: syslog, OTLP logs, and lines of JSON."""

from __future__ import annotations

import re

import msgspec
from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from any_llm.audit.export import json_lines, otlp_logs, syslog_lines
from any_llm.audit.log import AuditLog
from any_llm.audit.reading import Query, rows_of
from tests.audit.logs import asked

RFC_5424 = re.compile(
    r"<(?P<pri>\d{1,3})>1 (?P<time>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z) (?P<host>[!-~]{1,255}) (?P<app>[!-~]{1,48}) "
    r"(?P<proc>[!-~]{1,128}) (?P<id>[!-~]{1,32}) "
    r'\[(?P<sd>[^ =\]"]{1,32}( [^ =\]"]{1,32}="([^"\\\]]|\\["\\\]])*")*)\] (?P<text>.*)'
)


def test_syslog_messages_have_the_form_of_the_standard(log: AuditLog) -> None:
    log.append([asked('an"n]\\', outcome="failed"), asked("bob", outcome="complete")])
    with log.database.snapshot() as session:
        failed, complete = (RFC_5424.fullmatch(line) for line in syslog_lines(list(rows_of(session, Query())), "host"))
    assert failed
    assert complete
    assert (failed["pri"], complete["pri"]) == (str(13 * 8 + 4), str(13 * 8 + 5))
    assert failed["id"] == "completion"
    assert 'actor="an\\"n\\]\\\\"' in failed["sd"]
    assert msgspec.json.decode(failed["text"])["actor"] == 'an"n]\\'


def test_otlp_logs_are_what_the_protocols_own_types_read(log: AuditLog) -> None:
    log.append([asked("ann", outcome="complete"), asked("bob", outcome="failed")])
    with log.database.snapshot() as session:
        sent = otlp_logs(list(rows_of(session, Query())))
    read = json_format.ParseDict(sent, ExportLogsServiceRequest())
    first, second = read.resource_logs[0].scope_logs[0].log_records
    assert (first.time_unix_nano, first.severity_text, second.severity_number) == (1_790_000_000 * 10**9, "INFO", 13)
    assert first.event_name == "any_llm.audit.completion"
    told = {attribute.key: attribute.value for attribute in first.attributes}
    assert told["any_llm.audit.actor"].string_value == "ann"
    assert told["any_llm.audit.number"].int_value == 1
    assert msgspec.json.decode(first.body.string_value)["number"] == 1


def test_what_was_removed_is_told_as_removed(log: AuditLog) -> None:
    log.append([asked("ann")])
    with log.transaction() as transaction:
        transaction.session.run("UPDATE audit_events SET body = NULL, actor = ''")
    with log.database.snapshot() as session:
        (line,) = json_lines(list(rows_of(session, Query())))
    assert msgspec.json.decode(line)["removed"] is True
