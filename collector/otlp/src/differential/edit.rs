//! Edits of requests: ours where the bytes lie, against the same on a full decoder's structs.

use std::sync::Arc;

use bytes::Bytes;
use opentelemetry_proto::tonic::collector::logs::v1::ExportLogsServiceRequest;
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::{
    AnyValue, InstrumentationScope, KeyValue, any_value::Value,
};
use opentelemetry_proto::tonic::metrics::v1::{Exemplar, metric::Data};
use opentelemetry_proto::tonic::resource::v1::Resource;
use prost::Message;

use crate::rewrite::{self, Attribute, Digest, Edit, Editor, Redaction, digits};
use crate::{Attributes, LogRecord, Resource as ResourceView, Scope, Span, validate};

/// Says which attributes are set, removed and hashed; what is done differs from item to item.
pub struct Plan {
    set: Vec<Attribute>,
    redaction: Redaction,
    digest: Digest,
    delete: Vec<String>,
    hash: Vec<String>,
}

/// Keys that requests made for tests have, and one that they do not have.
const KEYS: [&str; 6] = ["", "a", "http.route", "Zebra", "größer", "fresh"];

/// What attributes are set to; some are that already.
const VALUE: &str = "Zebra";

impl Plan {
    /// Makes a plan of three sets of keys, each given by the bits of a number.
    pub fn new([set, delete, hash]: [u8; 3]) -> Self {
        let pick = move |bits: u8| {
            let keys = KEYS.iter().enumerate().filter(move |(i, _)| bits >> i & 1 == 1);
            keys.map(|(_, key)| (*key).to_owned())
        };
        let digest: Digest = Arc::new(|bytes: &[u8]| {
            let mut hash = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d_u128;
            for byte in bytes {
                hash = (hash ^ u128::from(*byte)).wrapping_mul(0x0100_0000_0000_0000_0000_013b);
            }
            hash.to_le_bytes()
        });
        let mut redaction = Redaction::default();
        pick(delete).for_each(|key| redaction.delete(&key));
        pick(hash).for_each(|key| redaction.hash(&key, Arc::clone(&digest)));
        Self {
            set: pick(set).map(|key| Attribute::string(&key, VALUE)).collect(),
            redaction,
            digest,
            delete: pick(delete).collect(),
            hash: pick(hash).collect(),
        }
    }

    /// Decides by a number that both sides know: half of the items get attributes, two thirds
    /// are redacted.
    fn decide<'e>(&'e self, by: usize, edit: &mut Edit<'e>) {
        if by.is_multiple_of(2) {
            self.set.iter().for_each(|it| edit.set(it));
        }
        if !by.is_multiple_of(3) {
            edit.redact(&self.redaction);
        }
    }

    /// Does the same to attributes that were decoded.
    fn apply(&self, by: usize, attributes: &mut Vec<KeyValue>) {
        let set = if by.is_multiple_of(2) { &self.set[..] } else { &[] };
        let value = Some(AnyValue { value: Some(Value::StringValue(VALUE.into())) });
        let mut found = Vec::new();
        attributes.retain(|it| {
            let is_set = set.iter().any(|set| set.key() == it.key);
            let stays = it.value == value && !found.contains(&it.key);
            if is_set && stays {
                found.push(it.key.clone());
            }
            !is_set || stays
        });
        self.redact_but(by, &found, attributes);
        let added = set.iter().filter(|it| found.iter().all(|key| key != it.key()));
        attributes.extend(added.map(|it| KeyValue {
            key: it.key().into(),
            value: value.clone(),
            ..KeyValue::default()
        }));
    }

    fn redact(&self, by: usize, attributes: &mut Vec<KeyValue>) {
        self.redact_but(by, &[], attributes);
    }

    fn redact_but(&self, by: usize, set: &[String], attributes: &mut Vec<KeyValue>) {
        if by.is_multiple_of(3) {
            return;
        }
        attributes.retain(|it| set.contains(&it.key) || !self.delete.contains(&it.key));
        let hashed = |it: &&mut KeyValue| self.hash.contains(&it.key) && !set.contains(&it.key);
        for pair in attributes.iter_mut().filter(hashed) {
            let value = pair.value.take().unwrap_or_default().encode_to_vec();
            let value = crate::AnyValue::read(&crate::message::Message::of(&value));
            let digits = String::from_utf8_lossy(&digits(&self.digest, &value)).into_owned();
            let value = Some(AnyValue { value: Some(Value::StringValue(digits)) });
            *pair = KeyValue { key: pair.key.clone(), value, ..KeyValue::default() };
        }
    }

    fn resource(&self, resource: &mut Option<Resource>) {
        let by = resource.as_ref().map_or(0, |it| it.attributes.len());
        if resource.is_some() || (by.is_multiple_of(2) && !self.set.is_empty()) {
            self.apply(by, &mut resource.get_or_insert_default().attributes);
        }
    }

    fn scope(&self, scope: &mut Option<InstrumentationScope>) {
        if let Some(scope) = scope {
            self.apply(scope.name.len(), &mut scope.attributes);
        }
    }
}

impl<'e> Editor<'_, 'e> for &'e Plan {
    fn resource(&mut self, resource: &ResourceView<'_>, edit: &mut Edit<'e>) {
        self.decide(resource.attributes().iter().count(), edit);
    }

    fn scope(&mut self, scope: &Scope<'_>, edit: &mut Edit<'e>) {
        self.decide(scope.name().len(), edit);
    }

    fn span(&mut self, span: &[u8], edit: &mut Edit<'e>) {
        self.decide(Span::of(span).name().len(), edit);
    }

    fn log_record(&mut self, record: &LogRecord<'_>, edit: &mut Edit<'e>) {
        self.decide(record.event_name().len(), edit);
    }

    fn point(&mut self, attributes: &Attributes<'_>, edit: &mut Edit<'e>) {
        self.decide(attributes.iter().count(), edit);
    }
}

/// Edits bytes as each of the three requests that they are.
///
/// # Errors
/// Tells where our edit differs from that of what was decoded, with the bytes.
pub fn edit(bytes: &[u8], mut plan: &Plan) -> Result<(), String> {
    let request = Bytes::copy_from_slice(bytes);
    let ours = rewrite::traces(&request, &mut plan);
    same(bytes, ours, validate::traces, |it| traces(plan, it))?;
    let ours = rewrite::metrics(&request, &mut plan);
    same(bytes, ours, validate::metrics, |it| metrics(plan, it))?;
    let ours = rewrite::logs(&request, &mut plan);
    same(bytes, ours, validate::logs, |it| logs(plan, it))
}

fn same<Request: Message + Default + std::fmt::Debug>(
    bytes: &[u8],
    ours: Option<Bytes>,
    validate: fn(&[u8]) -> Result<(), crate::Malformed>,
    edit: impl FnOnce(&mut Request),
) -> Result<(), String> {
    let Ok(mut theirs) = Request::decode(bytes) else { return Ok(()) };
    let before = theirs.encode_to_vec();
    edit(&mut theirs);
    let theirs = theirs.encode_to_vec();
    let Some(ours) = ours else {
        let kept = theirs == before;
        return if kept { Ok(()) } else { Err(format!("we change nothing: {bytes:02x?}")) };
    };
    validate(&ours)
        .map_err(|error| format!("we write what is not sound: {error}: {bytes:02x?}"))?;
    let decoded = Request::decode(&*ours).map_err(|error| format!("{error}: {bytes:02x?}"))?;
    if decoded.encode_to_vec() == theirs {
        Ok(())
    } else {
        let wanted = Request::decode(&*theirs);
        Err(format!("we write {decoded:?}, they {wanted:?}: {bytes:02x?}"))
    }
}

fn traces(plan: &Plan, request: &mut ExportTraceServiceRequest) {
    for resource in &mut request.resource_spans {
        plan.resource(&mut resource.resource);
        for scope in &mut resource.scope_spans {
            plan.scope(&mut scope.scope);
            for span in &mut scope.spans {
                let by = span.name.len();
                plan.apply(by, &mut span.attributes);
                span.events.iter_mut().for_each(|it| plan.redact(by, &mut it.attributes));
                span.links.iter_mut().for_each(|it| plan.redact(by, &mut it.attributes));
            }
        }
    }
}

fn logs(plan: &Plan, request: &mut ExportLogsServiceRequest) {
    for resource in &mut request.resource_logs {
        plan.resource(&mut resource.resource);
        for scope in &mut resource.scope_logs {
            plan.scope(&mut scope.scope);
            for record in &mut scope.log_records {
                plan.apply(record.event_name.len(), &mut record.attributes);
            }
        }
    }
}

fn metrics(plan: &Plan, request: &mut ExportMetricsServiceRequest) {
    let point = |attributes: &mut Vec<KeyValue>, exemplars: &mut [Exemplar]| {
        let by = attributes.len();
        plan.apply(by, attributes);
        exemplars.iter_mut().for_each(|it| plan.redact(by, &mut it.filtered_attributes));
    };
    macro_rules! points {
        ($data:expr) => {
            $data.data_points.iter_mut().for_each(|it| point(&mut it.attributes, &mut it.exemplars))
        };
    }
    for resource in &mut request.resource_metrics {
        plan.resource(&mut resource.resource);
        for scope in &mut resource.scope_metrics {
            plan.scope(&mut scope.scope);
            for data in scope.metrics.iter_mut().filter_map(|it| it.data.as_mut()) {
                match data {
                    Data::Gauge(data) => points!(data),
                    Data::Sum(data) => points!(data),
                    Data::Histogram(data) => points!(data),
                    Data::ExponentialHistogram(data) => points!(data),
                    Data::Summary(data) => {
                        data.data_points
                            .iter_mut()
                            .for_each(|it| point(&mut it.attributes, &mut []));
                    }
                }
            }
        }
    }
}
