//! Views of `ExportMetricsServiceRequest`. Exemplars are not viewed.

mod data;
mod exponential;
mod histogram;
mod number;
mod summary;

use crate::common::{Resource, Scope};
use crate::error::Malformed;
use crate::message::{Message, Slot, text};
use crate::validate;
use crate::wire::Value;

pub use data::{Data, ExponentialHistogram, Gauge, Histogram, Sum, Summary, Temporality};
pub use exponential::{Buckets, ExponentialPoint};
pub use histogram::HistogramPoint;
pub use number::{Number, NumberPoint};
pub use summary::{Quantile, SummaryPoint};

/// Views a request that carries metrics.
#[derive(Clone, Debug)]
pub struct MetricsRequest<'a>(Message<'a>);

impl<'a> MetricsRequest<'a> {
    /// Checks the whole request and views it.
    ///
    /// # Errors
    /// Tells the first fault with its place.
    pub fn parse(request: &'a [u8]) -> Result<Self, Malformed> {
        validate::metrics(request).map(|()| Self::assume_valid(request))
    }

    /// Views a request that was checked before. On other bytes the views end early.
    pub fn assume_valid(request: &'a [u8]) -> Self {
        Self(Message::of(request))
    }

    /// Iterates over the metrics of each resource.
    pub fn resource_metrics(&self) -> impl Iterator<Item = ResourceMetrics<'a>> + use<'a> {
        self.0.repeated(1).map(ResourceMetrics)
    }

    /// Counts the data points.
    pub fn point_count(&self) -> u64 {
        let scopes = self.resource_metrics().flat_map(|resource| resource.scope_metrics());
        scopes.flat_map(|scope| scope.metrics()).map(|metric| metric.point_count()).sum()
    }
}

/// Views the metrics of one resource.
#[derive(Clone, Debug)]
pub struct ResourceMetrics<'a>(Message<'a>);

impl<'a> ResourceMetrics<'a> {
    /// Returns the resource; empty when absent.
    pub fn resource(&self) -> Resource<'a> {
        Resource(self.0.singular(1).unwrap_or(Message::of(&[])))
    }

    /// Iterates over the metrics of each scope.
    pub fn scope_metrics(&self) -> impl Iterator<Item = ScopeMetrics<'a>> + use<'a> {
        self.0.repeated(2).map(ScopeMetrics)
    }
}

/// Views the metrics of one instrumentation scope.
#[derive(Clone, Debug)]
pub struct ScopeMetrics<'a>(Message<'a>);

impl<'a> ScopeMetrics<'a> {
    /// Returns the scope; empty when absent.
    pub fn scope(&self) -> Scope<'a> {
        Scope(self.0.singular(1).unwrap_or(Message::of(&[])))
    }

    /// Iterates over the metrics.
    pub fn metrics(&self) -> impl Iterator<Item = Metric<'a>> + use<'a> {
        self.0.repeated(2).map(Metric::read)
    }
}

/// Views one metric. Its own fields were found in one walk; its points are read when asked for.
#[derive(Clone, Debug)]
pub struct Metric<'a> {
    name: &'a [u8],
    unit: &'a [u8],
    data: Option<(u32, Message<'a>)>,
}

impl<'a> Metric<'a> {
    pub(crate) fn read(message: Message<'a>) -> Self {
        let empty: &[u8] = &[];
        let [mut name, mut unit] = [empty; 2];
        let (mut data, mut data_number) = (Slot::default(), 0);
        for (index, field) in message.fields().enumerate() {
            match (field.number, field.value) {
                (1, Value::Bytes(bytes)) => name = bytes,
                (3, Value::Bytes(bytes)) => unit = bytes,
                (number, Value::Bytes(bytes)) if Data::is_number(number) => {
                    // Only one kind of data stays: the last one, merged with its own kind.
                    if number != data_number {
                        data = Slot::default();
                    }
                    data.add(index, bytes);
                    data_number = number;
                }
                _ => {}
            }
        }
        let data = data.message(&message, data_number).map(|data| (data_number, data));
        Self { name, unit, data }
    }

    /// Returns the name.
    pub fn name(&self) -> &'a str {
        text(Value::Bytes(self.name))
    }

    /// Returns the unit in UCUM; empty when not said.
    pub fn unit(&self) -> &'a str {
        text(Value::Bytes(self.unit))
    }

    /// Returns the data, if there are any.
    pub fn data(&self) -> Option<Data<'a>> {
        self.data.as_ref().and_then(|(number, message)| Data::of(*number, message.clone()))
    }

    /// Counts the data points.
    pub fn point_count(&self) -> u64 {
        // every kind of data carries its points in field 1
        self.data.as_ref().map_or(0, |(_, message)| message.repeated(1).count() as u64)
    }
}
