"""Bellwether's conventions over the stock OpenTelemetry SDK. Copy this file into your service.

It tells the collector three things that no SDK tells by itself: what the service checked before
it called itself ready, which routes it really serves, and that it is about to stop on purpose.
These are facts, not statistics: they are never sampled, and sent until the collector took them.
"""

import sys
import threading
import time
from contextlib import asynccontextmanager, contextmanager

from fastapi.routing import iter_route_contexts
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.trace import StatusCode

RETRY, REPEAT = 2, 60  # seconds until all is told again, before and after it was taken
EXIT_ABORTED = 78  # tells a supervisor a refused start from a crash


class Conventions:
    """What one process of a service tells about itself."""

    def __init__(self, provider):
        """Takes the provider of the service's own spans, and speaks for the same resource."""
        self._provider = provider
        # kept here until the collector took it: the SDK's own queue would drop it after one attempt
        self._spans, self._events = InMemorySpanExporter(), InMemoryLogRecordExporter()
        self._span_sender = OTLPSpanExporter(timeout=RETRY)
        self._event_sender = OTLPLogExporter(timeout=RETRY)
        spans = TracerProvider(resource=provider.resource, sampler=ALWAYS_ON)
        spans.add_span_processor(SimpleSpanProcessor(self._spans))
        self._tracer = spans.get_tracer(__name__)
        events = LoggerProvider(resource=provider.resource)
        events.add_log_record_processor(SimpleLogRecordProcessor(self._events))
        self._logger = events.get_logger(__name__)
        self._stopping = threading.Event()
        self._outcome, self._total, self._failed = "ready", 0, 0

    @contextmanager
    def startup(self):
        """Wraps all checks. Ends the process after them if one that has to pass did not."""
        begin = time.monotonic()
        with self._tracer.start_as_current_span("startup.validation", context=Context()) as span:
            yield
            span.set_attribute("startup.outcome", self._outcome)
            span.set_attribute("startup.checks.total", self._total)
            span.set_attribute("startup.checks.failed", self._failed)
            span.set_attribute("startup.duration", time.monotonic() - begin)
        if self._outcome == "aborted":
            self._tell_checks()
            sys.exit(EXIT_ABORTED)

    @contextmanager
    def check(self, name, component, kind="custom", on_failure="degrade"):
        """Wraps one check. What is raised inside is told to the collector, and goes no further."""
        self._total += 1
        with self._tracer.start_as_current_span(f"startup.check {name}") as span:
            span.set_attribute("startup.check.name", name)
            span.set_attribute("startup.check.kind", kind)
            span.set_attribute("startup.check.on_failure", on_failure)
            span.set_attribute("business.component", component)
            try:
                yield
                span.set_attribute("startup.check.outcome", "passed")
            except Exception as error:
                self._failed += 1
                if self._outcome != "aborted":
                    self._outcome = "aborted" if on_failure == "abort" else "degraded"
                message = f"{type(error).__name__}: {error}"
                print(f"startup check {name} failed: {message}", file=sys.stderr, flush=True)
                span.set_attribute("startup.check.outcome", "failed")
                span.set_attribute("error.type", type(error).__qualname__)
                span.set_status(StatusCode.ERROR, message)

    @asynccontextmanager
    async def lifespan(self, app):
        """Tells the routes while the app serves, and at an orderly end that it stops."""
        telling = threading.Thread(target=self._tell, args=[manifest(app)], daemon=True)
        telling.start()
        yield
        self._stopping.set()
        telling.join()  # a manifest after the farewell would be confusing
        self._tell_event("service.stopping")
        self._provider.shutdown()

    def _tell(self, routes):
        outcome = {"startup.outcome": self._outcome, "startup.checks.failed": self._failed}
        checks_taken = False
        while not self._stopping.is_set():
            # the checks first: they say which component a degraded startup is about
            checks_taken = checks_taken or self._tell_checks()
            routes_taken = self._tell_event("service.routes", {"routes": routes, **outcome})
            self._stopping.wait(REPEAT if checks_taken and routes_taken else RETRY)

    def _tell_checks(self):
        return self._span_sender.export(self._spans.get_finished_spans()).name == "SUCCESS"

    def _tell_event(self, name, attributes=None):
        self._events.clear()
        self._logger.emit(event_name=name, timestamp=time.time_ns(), attributes=attributes)
        return self._event_sender.export(self._events.get_finished_logs()).name == "SUCCESS"


def manifest(app):
    """Lists what the app serves as `METHOD /path/{param}`."""
    found = iter_route_contexts(app.routes)  # before FastAPI 0.137, app.routes is that list itself
    return sorted(f"{method} {route.path}" for route in found for method in route.methods or ())
