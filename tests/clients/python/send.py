"""Sends every kind of telemetry with the stock SDK for Python, twice: over gRPC straight to where
REFERENCE says, and as the OTEL_* variables say. What is sent is the same both times."""

import os
import sys

from opentelemetry import context, trace
from opentelemetry._logs import LogRecord, SeverityNumber
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcLogs
from opentelemetry.exporter.otlp.proto.grpc.metric_exporter import OTLPMetricExporter as GrpcMetrics
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcSpans
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpLogs
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter as HttpMetrics
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpSpans
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import InMemoryLogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.metrics.view import ExponentialBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

KINDS = {
    "text": "Grüße, 世界",
    "empty": "",
    "yes": True,
    "whole": -(2**62),
    "real": 0.1,
    "texts": ["a", "b"],
    "wholes": [1, -2],
    "reals": [0.5, -1e300],
    "bools": [True, False],
}

resource = Resource.create({"service.name": "stock-python", **KINDS})
SCOPE = {"schema_url": "https://opentelemetry.io/schemas/1.37.0", "attributes": {"scope.kind": "stock"}}


def spans():
    kept = InMemorySpanExporter()
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("stock", "1.2.3", **SCOPE)
    with tracer.start_as_current_span("parent", kind=trace.SpanKind.SERVER, attributes=KINDS) as parent:
        parent.add_event("noted", KINDS)
        try:
            raise ValueError("odd")
        except ValueError as error:
            parent.record_exception(error)
        link = trace.Link(parent.get_span_context(), KINDS)
        with tracer.start_as_current_span("child", kind=trace.SpanKind.CLIENT, links=[link]) as child:
            child.set_status(trace.StatusCode.ERROR, "it failed")
        with tracer.start_as_current_span("well") as well:
            well.set_status(trace.StatusCode.OK)
    return kept.get_finished_spans()


def metrics():
    reader = InMemoryMetricReader()
    exponential = View(instrument_name="exponential", aggregation=ExponentialBucketHistogramAggregation())
    provider = MeterProvider(metric_readers=[reader], resource=resource, views=[exponential])
    meter = provider.get_meter("stock", "1.2.3", **SCOPE)
    tracer = TracerProvider().get_tracer("stock")
    # within a span, so that there are exemplars
    with tracer.start_as_current_span("measured"):
        meter.create_counter("whole.sum", "1", "a sum").add(3, KINDS)
        meter.create_counter("real.sum").add(0.5)
        meter.create_up_down_counter("level").add(-4, {"shelf": "top"})
        meter.create_gauge("gauge", "Cel").set(-12.5, KINDS)
        histogram = meter.create_histogram("histogram", "s")
        curve = meter.create_histogram("exponential", "s")
        for value in (0.0, 0.001, 3.0, 42.0, 100000.0):
            histogram.record(value, KINDS)
            curve.record(value, KINDS)
    return reader.get_metrics_data()


def logs():
    kept = InMemoryLogRecordExporter()
    provider = LoggerProvider(resource=resource)
    provider.add_log_record_processor(SimpleLogRecordProcessor(kept))
    logger = provider.get_logger("stock", "1.2.3", **SCOPE)
    tracer = TracerProvider().get_tracer("stock")
    bodies = ["plain", {"nested": {"list": [1, "two", 3.0, None, True], "bytes": b"\x00\xff"}}, ["a", 1], b"\x00\xff", 7, 0.5, True, None]
    with tracer.start_as_current_span("logged"):
        for body in bodies:
            logger.emit(LogRecord(
                timestamp=1_700_000_000_000_000_001,
                observed_timestamp=1_700_000_000_000_000_002,
                context=context.get_current(),
                severity_number=SeverityNumber.ERROR2,
                severity_text="ERROR2",
                body=body,
                attributes={**KINDS, "nested": {"deep": [{"er": b"\x01"}]}},
                event_name="stock.event",
            ))
    return kept.get_finished_logs()


def exporters(grpc, reference):
    if reference:
        to = {"endpoint": os.environ["REFERENCE"], "insecure": True}
        return GrpcSpans(**to), GrpcMetrics(**to), GrpcLogs(**to)
    return (GrpcSpans(), GrpcMetrics(), GrpcLogs()) if grpc else (HttpSpans(), HttpMetrics(), HttpLogs())


def main():
    # OTEL_EXPORTER_OTLP_PROTOCOL, which is read by programs that start SDKs and not by exporters
    grpc = os.environ["OTEL_EXPORTER_OTLP_PROTOCOL"] == "grpc"
    sent = spans(), metrics(), logs()
    for reference in (True, False):
        for exporter, items in zip(exporters(grpc, reference), sent):
            result = exporter.export(items)
            if result.name != "SUCCESS":
                sys.exit(f"{type(exporter).__name__}: {result}")
            exporter.shutdown()
    print("sent")


main()
