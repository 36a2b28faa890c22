//! The messages of OTLP 1.x as JSON has them: key, field number, type, how often.
//!
//! A test holds these tables against those of [`validate`](crate::validate).

use How::{Default, Present, Repeated};
use Type::{
    Base64, Bool, Double, Enum, Fixed32, Fixed64, Id, Int32, Int64, Message, Sfixed64, Sint32,
    String, Uint32, Uint64,
};

/// Tells what a field holds, as protobuf names it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Type {
    Bool,
    /// An `int32` for which no text is taken, for it might be a name.
    Enum,
    Int32,
    Uint32,
    Sint32,
    Int64,
    Uint64,
    Fixed32,
    Fixed64,
    Sfixed64,
    Double,
    String,
    /// Hex of so many bytes, or nothing.
    Id(usize),
    Base64,
    Message(&'static Schema),
}

/// Tells how a field is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// Once; zero and empty are the same as absent.
    Default,
    /// Once; zero and empty differ from absent: members of a `oneof`, `optional`, messages.
    Present,
    /// Any number of times; numbers are packed.
    Repeated,
}

/// Declares one field.
#[derive(Debug)]
pub(super) struct Field {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) holds: Type,
    pub(super) how: How,
}

/// Declares one message.
#[derive(Debug)]
pub(super) struct Schema {
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
}

/// Names a message and lists its fields in the order of their numbers.
macro_rules! schema {
    ($item:ident = $name:literal { $($number:literal $field:literal $how:ident $holds:expr,)* }) => {
        pub(super) static $item: Schema = Schema {
            name: $name,
            fields: &[$(Field {
                number: $number,
                name: $field,
                holds: $holds,
                how: $how,
            }),*],
        };
    };
}

schema!(TRACE_REQUEST = "ExportTraceServiceRequest" {
    1 "resourceSpans" Repeated Message(&RESOURCE_SPANS),
});
schema!(METRICS_REQUEST = "ExportMetricsServiceRequest" {
    1 "resourceMetrics" Repeated Message(&RESOURCE_METRICS),
});
schema!(LOGS_REQUEST = "ExportLogsServiceRequest" {
    1 "resourceLogs" Repeated Message(&RESOURCE_LOGS),
});

// common and resource
schema!(ANY_VALUE = "AnyValue" {
    1 "stringValue" Present String, 2 "boolValue" Present Bool, 3 "intValue" Present Int64,
    4 "doubleValue" Present Double, 5 "arrayValue" Present Message(&ARRAY_VALUE),
    6 "kvlistValue" Present Message(&KEY_VALUE_LIST), 7 "bytesValue" Present Base64,
    8 "stringValueStrindex" Present Int32,
});
schema!(ARRAY_VALUE = "ArrayValue" { 1 "values" Repeated Message(&ANY_VALUE), });
schema!(KEY_VALUE_LIST = "KeyValueList" { 1 "values" Repeated Message(&KEY_VALUE), });
schema!(KEY_VALUE = "KeyValue" {
    1 "key" Default String, 2 "value" Present Message(&ANY_VALUE), 3 "keyStrindex" Default Int32,
});
schema!(SCOPE = "InstrumentationScope" {
    1 "name" Default String, 2 "version" Default String,
    3 "attributes" Repeated Message(&KEY_VALUE), 4 "droppedAttributesCount" Default Uint32,
});
schema!(ENTITY_REF = "EntityRef" {
    1 "schemaUrl" Default String, 2 "type" Default String, 3 "idKeys" Repeated String,
    4 "descriptionKeys" Repeated String,
});
schema!(RESOURCE = "Resource" {
    1 "attributes" Repeated Message(&KEY_VALUE), 2 "droppedAttributesCount" Default Uint32,
    3 "entityRefs" Repeated Message(&ENTITY_REF),
});

// traces
schema!(RESOURCE_SPANS = "ResourceSpans" {
    1 "resource" Present Message(&RESOURCE), 2 "scopeSpans" Repeated Message(&SCOPE_SPANS),
    3 "schemaUrl" Default String,
});
schema!(SCOPE_SPANS = "ScopeSpans" {
    1 "scope" Present Message(&SCOPE), 2 "spans" Repeated Message(&SPAN),
    3 "schemaUrl" Default String,
});
schema!(SPAN = "Span" {
    1 "traceId" Default Id(16), 2 "spanId" Default Id(8), 3 "traceState" Default String,
    4 "parentSpanId" Default Id(8), 5 "name" Default String, 6 "kind" Default Enum,
    7 "startTimeUnixNano" Default Fixed64, 8 "endTimeUnixNano" Default Fixed64,
    9 "attributes" Repeated Message(&KEY_VALUE), 10 "droppedAttributesCount" Default Uint32,
    11 "events" Repeated Message(&EVENT), 12 "droppedEventsCount" Default Uint32,
    13 "links" Repeated Message(&LINK), 14 "droppedLinksCount" Default Uint32,
    15 "status" Present Message(&STATUS), 16 "flags" Default Fixed32,
});
schema!(EVENT = "Span.Event" {
    1 "timeUnixNano" Default Fixed64, 2 "name" Default String,
    3 "attributes" Repeated Message(&KEY_VALUE), 4 "droppedAttributesCount" Default Uint32,
});
schema!(LINK = "Span.Link" {
    1 "traceId" Default Id(16), 2 "spanId" Default Id(8), 3 "traceState" Default String,
    4 "attributes" Repeated Message(&KEY_VALUE), 5 "droppedAttributesCount" Default Uint32,
    6 "flags" Default Fixed32,
});
schema!(STATUS = "Status" { 2 "message" Default String, 3 "code" Default Enum, });

// logs
schema!(RESOURCE_LOGS = "ResourceLogs" {
    1 "resource" Present Message(&RESOURCE), 2 "scopeLogs" Repeated Message(&SCOPE_LOGS),
    3 "schemaUrl" Default String,
});
schema!(SCOPE_LOGS = "ScopeLogs" {
    1 "scope" Present Message(&SCOPE), 2 "logRecords" Repeated Message(&LOG_RECORD),
    3 "schemaUrl" Default String,
});
schema!(LOG_RECORD = "LogRecord" {
    1 "timeUnixNano" Default Fixed64, 2 "severityNumber" Default Enum,
    3 "severityText" Default String, 5 "body" Present Message(&ANY_VALUE),
    6 "attributes" Repeated Message(&KEY_VALUE), 7 "droppedAttributesCount" Default Uint32,
    8 "flags" Default Fixed32, 9 "traceId" Default Id(16), 10 "spanId" Default Id(8),
    11 "observedTimeUnixNano" Default Fixed64, 12 "eventName" Default String,
});

// metrics
schema!(RESOURCE_METRICS = "ResourceMetrics" {
    1 "resource" Present Message(&RESOURCE), 2 "scopeMetrics" Repeated Message(&SCOPE_METRICS),
    3 "schemaUrl" Default String,
});
schema!(SCOPE_METRICS = "ScopeMetrics" {
    1 "scope" Present Message(&SCOPE), 2 "metrics" Repeated Message(&METRIC),
    3 "schemaUrl" Default String,
});
schema!(METRIC = "Metric" {
    1 "name" Default String, 2 "description" Default String, 3 "unit" Default String,
    5 "gauge" Present Message(&GAUGE), 7 "sum" Present Message(&SUM),
    9 "histogram" Present Message(&HISTOGRAM),
    10 "exponentialHistogram" Present Message(&EXPONENTIAL_HISTOGRAM),
    11 "summary" Present Message(&SUMMARY), 12 "metadata" Repeated Message(&KEY_VALUE),
});
schema!(GAUGE = "Gauge" { 1 "dataPoints" Repeated Message(&NUMBER_POINT), });
schema!(SUM = "Sum" {
    1 "dataPoints" Repeated Message(&NUMBER_POINT), 2 "aggregationTemporality" Default Enum,
    3 "isMonotonic" Default Bool,
});
schema!(HISTOGRAM = "Histogram" {
    1 "dataPoints" Repeated Message(&HISTOGRAM_POINT), 2 "aggregationTemporality" Default Enum,
});
schema!(EXPONENTIAL_HISTOGRAM = "ExponentialHistogram" {
    1 "dataPoints" Repeated Message(&EXPONENTIAL_POINT), 2 "aggregationTemporality" Default Enum,
});
schema!(SUMMARY = "Summary" { 1 "dataPoints" Repeated Message(&SUMMARY_POINT), });
schema!(NUMBER_POINT = "NumberDataPoint" {
    2 "startTimeUnixNano" Default Fixed64, 3 "timeUnixNano" Default Fixed64,
    4 "asDouble" Present Double, 5 "exemplars" Repeated Message(&EXEMPLAR),
    6 "asInt" Present Sfixed64, 7 "attributes" Repeated Message(&KEY_VALUE),
    8 "flags" Default Uint32,
});
schema!(HISTOGRAM_POINT = "HistogramDataPoint" {
    2 "startTimeUnixNano" Default Fixed64, 3 "timeUnixNano" Default Fixed64,
    4 "count" Default Fixed64, 5 "sum" Present Double, 6 "bucketCounts" Repeated Fixed64,
    7 "explicitBounds" Repeated Double, 8 "exemplars" Repeated Message(&EXEMPLAR),
    9 "attributes" Repeated Message(&KEY_VALUE), 10 "flags" Default Uint32,
    11 "min" Present Double, 12 "max" Present Double,
});
schema!(EXPONENTIAL_POINT = "ExponentialHistogramDataPoint" {
    1 "attributes" Repeated Message(&KEY_VALUE), 2 "startTimeUnixNano" Default Fixed64,
    3 "timeUnixNano" Default Fixed64, 4 "count" Default Fixed64, 5 "sum" Present Double,
    6 "scale" Default Sint32, 7 "zeroCount" Default Fixed64,
    8 "positive" Present Message(&BUCKETS), 9 "negative" Present Message(&BUCKETS),
    10 "flags" Default Uint32, 11 "exemplars" Repeated Message(&EXEMPLAR),
    12 "min" Present Double, 13 "max" Present Double, 14 "zeroThreshold" Default Double,
});
schema!(BUCKETS = "Buckets" { 1 "offset" Default Sint32, 2 "bucketCounts" Repeated Uint64, });
schema!(SUMMARY_POINT = "SummaryDataPoint" {
    2 "startTimeUnixNano" Default Fixed64, 3 "timeUnixNano" Default Fixed64,
    4 "count" Default Fixed64, 5 "sum" Default Double,
    6 "quantileValues" Repeated Message(&QUANTILE), 7 "attributes" Repeated Message(&KEY_VALUE),
    8 "flags" Default Uint32,
});
schema!(QUANTILE = "ValueAtQuantile" { 1 "quantile" Default Double, 2 "value" Default Double, });
schema!(EXEMPLAR = "Exemplar" {
    2 "timeUnixNano" Default Fixed64, 3 "asDouble" Present Double, 4 "spanId" Default Id(8),
    5 "traceId" Default Id(16), 6 "asInt" Present Sfixed64,
    7 "filteredAttributes" Repeated Message(&KEY_VALUE),
});
