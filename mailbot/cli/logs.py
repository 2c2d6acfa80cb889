"""Logs on stderr: for people on a terminal, JSON lines otherwise. No personal data at info level: numbers, kinds, counts."""

from __future__ import annotations

import logging
import os
import sys

import structlog


def configure(level: int = logging.INFO) -> None:
    """Set up structlog for this process; MAILBOT_DEBUG=1 also shows tracebacks."""
    debug = "MAILBOT_DEBUG" in os.environ
    if debug:
        level = logging.DEBUG
    people = sys.stderr.isatty()
    shared: list[structlog.typing.Processor] = [structlog.processors.TimeStamper(fmt="iso"), structlog.processors.add_log_level]
    if not debug:
        shared.append(_without_traceback)
    renderer: structlog.typing.Processor
    if people:
        renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    else:
        shared.append(structlog.processors.format_exc_info)
        renderer = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _without_traceback(_logger: object, _name: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    event.pop("exc_info", None)
    return event
