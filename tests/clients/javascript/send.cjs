// Sends every kind of telemetry with the stock SDK for JavaScript, twice: over gRPC straight to where REFERENCE says,
// and as the OTEL_* variables say. What is sent is the same both times.

const { SpanKind, SpanStatusCode, context, trace } = require("@opentelemetry/api");
const { SeverityNumber } = require("@opentelemetry/api-logs");
const { resourceFromAttributes } = require("@opentelemetry/resources");
const { InMemoryLogRecordExporter, LoggerProvider, SimpleLogRecordProcessor } = require("@opentelemetry/sdk-logs");
const { AggregationType, MeterProvider, MetricReader } = require("@opentelemetry/sdk-metrics");
const { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } = require("@opentelemetry/sdk-trace-base");

const KINDS = {
  text: "Grüße, 世界",
  empty: "",
  yes: true,
  whole: -(2 ** 52),
  real: 0.1,
  texts: ["a", "b"],
  wholes: [1, -2],
  reals: [0.5, -1.5e-300],
  bools: [true, false],
};

const resource = resourceFromAttributes({ "service.name": "stock-javascript", ...KINDS });
const SCOPE = { schemaUrl: "https://opentelemetry.io/schemas/1.37.0" };

function spans() {
  const kept = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(kept)] });
  const tracer = provider.getTracer("stock", "1.2.3", SCOPE);
  const parent = tracer.startSpan("parent", { kind: SpanKind.SERVER, attributes: KINDS });
  parent.addEvent("noted", KINDS);
  parent.recordException(new Error("odd"));
  const below = trace.setSpan(context.active(), parent);
  const links = [{ context: parent.spanContext(), attributes: KINDS }];
  const child = tracer.startSpan("child", { kind: SpanKind.CLIENT, links }, below);
  child.setStatus({ code: SpanStatusCode.ERROR, message: "it failed" });
  child.end();
  const well = tracer.startSpan("well", {}, below);
  well.setStatus({ code: SpanStatusCode.OK });
  well.end();
  parent.end();
  return kept.getFinishedSpans();
}

class Once extends MetricReader {
  async onForceFlush() {}
  async onShutdown() {}
}

async function metrics() {
  const reader = new Once();
  const views = [
    { instrumentName: "exponential", aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM } },
  ];
  const meter = new MeterProvider({ resource, views, readers: [reader] }).getMeter("stock", "1.2.3", SCOPE);
  meter.createCounter("whole.sum", { unit: "1", description: "a sum", valueType: 0 }).add(3, KINDS);
  meter.createCounter("real.sum").add(0.5);
  meter.createUpDownCounter("level").add(-4, { shelf: "top" });
  meter.createGauge("gauge", { unit: "Cel" }).record(-12.5, KINDS);
  const histogram = meter.createHistogram("histogram", { unit: "s" });
  const curve = meter.createHistogram("exponential", { unit: "s" });
  for (const value of [0, 0.001, 3, 42, 100000]) {
    histogram.record(value, KINDS);
    curve.record(value, KINDS);
  }
  const { resourceMetrics, errors } = await reader.collect();
  if (errors.length) throw errors[0];
  return resourceMetrics;
}

function logs() {
  const kept = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({ resource, processors: [new SimpleLogRecordProcessor({ exporter: kept })] });
  const logger = provider.getLogger("stock", "1.2.3", SCOPE);
  const traceId = "0af7651916cd43dd8448eb211c80319c";
  const at = trace.setSpanContext(context.active(), { traceId, spanId: "b7ad6b7169203331", traceFlags: 1 });
  const bytes = new Uint8Array([0, 255]);
  const bodies = ["plain", { nested: { list: [1, "two", 3.5, true], bytes } }, ["a", 1], bytes, 7, 0.5, true];
  for (const body of bodies) {
    logger.emit({
      timestamp: [1700000000, 1],
      observedTimestamp: [1700000000, 2],
      context: at,
      severityNumber: SeverityNumber.ERROR2,
      severityText: "ERROR2",
      body,
      attributes: { ...KINDS, nested: { deep: [{ er: bytes }] } },
      eventName: "stock.event",
    });
  }
  return kept.getFinishedLogRecords();
}

const PACKAGES = { grpc: "grpc", "http/protobuf": "proto", "http/json": "http" };

// the exporters of a protocol: spans, metrics, logs
function exporters(protocol, options) {
  const of = (signal) => require(`@opentelemetry/exporter-${signal}-otlp-${PACKAGES[protocol]}`);
  const [traces, metrics, logs] = ["trace", "metrics", "logs"].map(of);
  return [traces.OTLPTraceExporter, metrics.OTLPMetricExporter, logs.OTLPLogExporter].map((it) => new it(options));
}

async function main() {
  const sent = [spans(), await metrics(), logs()];
  const ways = [
    exporters("grpc", { url: process.env.REFERENCE }),
    exporters(process.env.OTEL_EXPORTER_OTLP_PROTOCOL, undefined),
  ];
  for (const exporters of ways) {
    for (const [at, exporter] of exporters.entries()) {
      const { code, error } = await new Promise((done) => exporter.export(sent[at], done));
      if (code !== 0) throw error ?? new Error(`${exporter.constructor.name} failed`);
      await exporter.shutdown();
    }
  }
  console.log("sent");
}

main();
