//! The messages of OTLP 1.x as tables: field number, place for messages of error, kind.

use super::quick::{Steps, steps};
use Kind::{Bytes, Fixed32, Fixed64, Fixed64s, Message, String, Varint, Varints};

/// Tells what a field may carry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// Any integer, enumeration or bool of variable length.
    Varint,
    /// A repeated integer of variable length, packed or not.
    Varints,
    /// Four bytes.
    Fixed32,
    /// Eight bytes: fixed64, sfixed64 or double.
    Fixed64,
    /// Repeated eight bytes, packed or not.
    Fixed64s,
    /// Any bytes.
    Bytes,
    /// UTF-8.
    String,
    /// A message, singular or repeated.
    Message(&'static Schema),
}

/// Declares one field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) number: u32,
    pub(crate) path: &'static str,
    pub(crate) kind: Kind,
}

/// Declares one message.
#[derive(Debug)]
pub(crate) struct Schema {
    pub(crate) name: &'static str,
    pub(crate) fields: &'static [Field],
    /// What the quick walk does after each key.
    pub(super) steps: Steps,
}

impl Schema {
    /// Finds the declaration of a field.
    pub(crate) fn field(&self, number: u32) -> Option<&'static Field> {
        // Most messages number their fields from 1 without gaps.
        let guess = self.fields.get((number as usize).wrapping_sub(1));
        match guess {
            Some(field) if field.number == number => guess,
            _ => self.fields.iter().find(|field| field.number == number),
        }
    }
}

/// Names a message and lists its fields in the order of their numbers.
macro_rules! schema {
    ($item:ident = $name:literal { $($number:literal $field:literal $kind:expr,)* }) => {
        pub(crate) static $item: Schema = {
            static FIELDS: &[Field] = &[$(Field {
                number: $number,
                path: concat!($name, ".", $field),
                kind: $kind,
            }),*];
            Schema {
                name: $name,
                fields: FIELDS,
                steps: steps(FIELDS),
            }
        };
    };
}

schema!(TRACE_REQUEST = "ExportTraceServiceRequest" { 1 "resource_spans" Message(&RESOURCE_SPANS), });
schema!(METRICS_REQUEST = "ExportMetricsServiceRequest" { 1 "resource_metrics" Message(&RESOURCE_METRICS), });
schema!(LOGS_REQUEST = "ExportLogsServiceRequest" { 1 "resource_logs" Message(&RESOURCE_LOGS), });

// common and resource
schema!(ANY_VALUE = "AnyValue" {
    1 "string_value" String, 2 "bool_value" Varint, 3 "int_value" Varint, 4 "double_value" Fixed64,
    5 "array_value" Message(&ARRAY_VALUE), 6 "kvlist_value" Message(&KEY_VALUE_LIST),
    7 "bytes_value" Bytes, 8 "string_value_strindex" Varint,
});
schema!(ARRAY_VALUE = "ArrayValue" { 1 "values" Message(&ANY_VALUE), });
schema!(KEY_VALUE_LIST = "KeyValueList" { 1 "values" Message(&KEY_VALUE), });
schema!(KEY_VALUE = "KeyValue" {
    1 "key" String, 2 "value" Message(&ANY_VALUE), 3 "key_strindex" Varint,
});
schema!(SCOPE = "InstrumentationScope" {
    1 "name" String, 2 "version" String, 3 "attributes" Message(&KEY_VALUE),
    4 "dropped_attributes_count" Varint,
});
schema!(ENTITY_REF = "EntityRef" {
    1 "schema_url" String, 2 "type" String, 3 "id_keys" String, 4 "description_keys" String,
});
schema!(RESOURCE = "Resource" {
    1 "attributes" Message(&KEY_VALUE), 2 "dropped_attributes_count" Varint,
    3 "entity_refs" Message(&ENTITY_REF),
});

// traces
schema!(RESOURCE_SPANS = "ResourceSpans" {
    1 "resource" Message(&RESOURCE), 2 "scope_spans" Message(&SCOPE_SPANS), 3 "schema_url" String,
});
schema!(SCOPE_SPANS = "ScopeSpans" {
    1 "scope" Message(&SCOPE), 2 "spans" Message(&SPAN), 3 "schema_url" String,
});
schema!(SPAN = "Span" {
    1 "trace_id" Bytes, 2 "span_id" Bytes, 3 "trace_state" String, 4 "parent_span_id" Bytes,
    5 "name" String, 6 "kind" Varint, 7 "start_time_unix_nano" Fixed64,
    8 "end_time_unix_nano" Fixed64, 9 "attributes" Message(&KEY_VALUE),
    10 "dropped_attributes_count" Varint, 11 "events" Message(&EVENT),
    12 "dropped_events_count" Varint, 13 "links" Message(&LINK), 14 "dropped_links_count" Varint,
    15 "status" Message(&STATUS), 16 "flags" Fixed32,
});
schema!(EVENT = "Span.Event" {
    1 "time_unix_nano" Fixed64, 2 "name" String, 3 "attributes" Message(&KEY_VALUE),
    4 "dropped_attributes_count" Varint,
});
schema!(LINK = "Span.Link" {
    1 "trace_id" Bytes, 2 "span_id" Bytes, 3 "trace_state" String,
    4 "attributes" Message(&KEY_VALUE), 5 "dropped_attributes_count" Varint, 6 "flags" Fixed32,
});
schema!(STATUS = "Status" { 2 "message" String, 3 "code" Varint, });

// logs
schema!(RESOURCE_LOGS = "ResourceLogs" {
    1 "resource" Message(&RESOURCE), 2 "scope_logs" Message(&SCOPE_LOGS), 3 "schema_url" String,
});
schema!(SCOPE_LOGS = "ScopeLogs" {
    1 "scope" Message(&SCOPE), 2 "log_records" Message(&LOG_RECORD), 3 "schema_url" String,
});
schema!(LOG_RECORD = "LogRecord" {
    1 "time_unix_nano" Fixed64, 2 "severity_number" Varint, 3 "severity_text" String,
    5 "body" Message(&ANY_VALUE), 6 "attributes" Message(&KEY_VALUE),
    7 "dropped_attributes_count" Varint, 8 "flags" Fixed32, 9 "trace_id" Bytes,
    10 "span_id" Bytes, 11 "observed_time_unix_nano" Fixed64, 12 "event_name" String,
});

// metrics
schema!(RESOURCE_METRICS = "ResourceMetrics" {
    1 "resource" Message(&RESOURCE), 2 "scope_metrics" Message(&SCOPE_METRICS),
    3 "schema_url" String,
});
schema!(SCOPE_METRICS = "ScopeMetrics" {
    1 "scope" Message(&SCOPE), 2 "metrics" Message(&METRIC), 3 "schema_url" String,
});
schema!(METRIC = "Metric" {
    1 "name" String, 2 "description" String, 3 "unit" String, 5 "gauge" Message(&GAUGE),
    7 "sum" Message(&SUM), 9 "histogram" Message(&HISTOGRAM),
    10 "exponential_histogram" Message(&EXPONENTIAL_HISTOGRAM), 11 "summary" Message(&SUMMARY),
    12 "metadata" Message(&KEY_VALUE),
});
schema!(GAUGE = "Gauge" { 1 "data_points" Message(&NUMBER_POINT), });
schema!(SUM = "Sum" {
    1 "data_points" Message(&NUMBER_POINT), 2 "aggregation_temporality" Varint,
    3 "is_monotonic" Varint,
});
schema!(HISTOGRAM = "Histogram" {
    1 "data_points" Message(&HISTOGRAM_POINT), 2 "aggregation_temporality" Varint,
});
schema!(EXPONENTIAL_HISTOGRAM = "ExponentialHistogram" {
    1 "data_points" Message(&EXPONENTIAL_POINT), 2 "aggregation_temporality" Varint,
});
schema!(SUMMARY = "Summary" { 1 "data_points" Message(&SUMMARY_POINT), });
schema!(NUMBER_POINT = "NumberDataPoint" {
    2 "start_time_unix_nano" Fixed64, 3 "time_unix_nano" Fixed64, 4 "as_double" Fixed64,
    5 "exemplars" Message(&EXEMPLAR), 6 "as_int" Fixed64, 7 "attributes" Message(&KEY_VALUE),
    8 "flags" Varint,
});
schema!(HISTOGRAM_POINT = "HistogramDataPoint" {
    2 "start_time_unix_nano" Fixed64, 3 "time_unix_nano" Fixed64, 4 "count" Fixed64,
    5 "sum" Fixed64, 6 "bucket_counts" Fixed64s, 7 "explicit_bounds" Fixed64s,
    8 "exemplars" Message(&EXEMPLAR), 9 "attributes" Message(&KEY_VALUE), 10 "flags" Varint,
    11 "min" Fixed64, 12 "max" Fixed64,
});
schema!(EXPONENTIAL_POINT = "ExponentialHistogramDataPoint" {
    1 "attributes" Message(&KEY_VALUE), 2 "start_time_unix_nano" Fixed64,
    3 "time_unix_nano" Fixed64, 4 "count" Fixed64, 5 "sum" Fixed64, 6 "scale" Varint,
    7 "zero_count" Fixed64, 8 "positive" Message(&BUCKETS), 9 "negative" Message(&BUCKETS),
    10 "flags" Varint, 11 "exemplars" Message(&EXEMPLAR), 12 "min" Fixed64, 13 "max" Fixed64,
    14 "zero_threshold" Fixed64,
});
schema!(BUCKETS = "Buckets" { 1 "offset" Varint, 2 "bucket_counts" Varints, });
schema!(SUMMARY_POINT = "SummaryDataPoint" {
    2 "start_time_unix_nano" Fixed64, 3 "time_unix_nano" Fixed64, 4 "count" Fixed64,
    5 "sum" Fixed64, 6 "quantile_values" Message(&QUANTILE), 7 "attributes" Message(&KEY_VALUE),
    8 "flags" Varint,
});
schema!(QUANTILE = "ValueAtQuantile" { 1 "quantile" Fixed64, 2 "value" Fixed64, });
schema!(EXEMPLAR = "Exemplar" {
    2 "time_unix_nano" Fixed64, 3 "as_double" Fixed64, 4 "span_id" Bytes, 5 "trace_id" Bytes,
    6 "as_int" Fixed64, 7 "filtered_attributes" Message(&KEY_VALUE),
});
