"""The stock OpenTelemetry SDK, as any service sets it up. Nothing in here is Bellwether's."""

import uuid

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor


def start(service, version):
    """Sends spans over OTLP/gRPC to OTEL_EXPORTER_OTLP_ENDPOINT (http://localhost:4317)."""
    own = {
        "service.name": service,
        "service.version": version,  # what is lost is found by comparing it with earlier ones
        "service.instance.id": str(uuid.uuid4()),  # each process speaks for itself
    }
    # OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win
    resource = Resource.create(own).merge(OTELResourceDetector().detect())
    provider = TracerProvider(resource=resource)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider
