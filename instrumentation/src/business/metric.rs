//! `business.operation.duration`: rate, errors and duration for each component and customer.

use std::fmt;
use std::sync::{Arc, OnceLock};

use opentelemetry::KeyValue;
use opentelemetry::metrics::{BoundHistogram, Histogram, Meter};

use super::catalog::{Catalog, Component};
use super::tags::{ComponentTag, CustomerTag, OTHER, intern};
use crate::semconv::{
    BUSINESS_CUSTOMER, BUSINESS_OPERATION_DURATION, BUSINESS_OUTCOME, business_outcome,
};

/// Bounds in seconds, as the semantic conventions advise for requests.
pub(crate) const BOUNDS: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// Records how long operations took; clones share the series.
#[derive(Clone)]
pub(crate) struct Durations(Arc<Inner>);

/// A series, bound when it is first needed.
type Series = OnceLock<BoundHistogram<f64>>;

struct Inner {
    histogram: Histogram<f64>,
    components: Vec<&'static str>,
    customers: Vec<&'static str>,
    /// One row for each component of the catalog: nobody, others, then the customers of the catalog, each twice.
    series: Vec<OnceLock<Box<[Series]>>>,
}

impl Durations {
    pub(crate) fn new(meter: &Meter, catalog: &Catalog) -> Self {
        let histogram = meter
            .f64_histogram(BUSINESS_OPERATION_DURATION)
            .with_unit("s")
            .with_description("How long an operation of a component took, by outcome.")
            .with_boundaries(BOUNDS.to_vec())
            .build();
        let components: Vec<_> = catalog.components().map(Component::id).map(intern).collect();
        let series = components.iter().map(|_| OnceLock::new()).collect();
        let customers = catalog.customers().map(|it| intern(it.id())).collect();
        Self(Arc::new(Inner { histogram, components, customers, series }))
    }

    /// Records one operation.
    ///
    /// The series of the catalog are bound when they are first needed, so that a request costs no look-up by attributes.
    pub(crate) fn record(
        &self,
        seconds: f64,
        component: ComponentTag,
        customer: Option<&CustomerTag>,
        failed: bool,
    ) {
        let column = self.0.column(customer);
        match self.0.cell(component, column, failed) {
            Some(cell) => cell
                .get_or_init(|| {
                    self.0.histogram.bind(&self.0.attributes(component, column, failed))
                })
                .record(seconds),
            None => {
                self.0.histogram.record(seconds, &self.0.attributes(component, column, failed));
            }
        }
    }
}

impl fmt::Debug for Durations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Durations").finish_non_exhaustive()
    }
}

/// The column of requests whose customer nobody said.
const UNSAID: usize = 0;
/// The column of customers that are not in the catalog.
const OTHERS: usize = 1;

impl Inner {
    fn column(&self, customer: Option<&CustomerTag>) -> usize {
        let Some(customer) = customer else { return UNSAID };
        let Some(id) = customer.known else { return OTHERS };
        match self.customers.binary_search_by(|known| (*known).cmp(id)) {
            Ok(at) => OTHERS + 1 + at,
            Err(_) => OTHERS,
        }
    }

    fn cell(&self, component: ComponentTag, column: usize, failed: bool) -> Option<&Series> {
        let row = self.components.binary_search_by(|known| (*known).cmp(component.id)).ok()?;
        let columns = OTHERS + 1 + self.customers.len();
        let cells = self.series.get(row)?.get_or_init(|| {
            std::iter::repeat_with(OnceLock::new).take(2 * columns).collect::<Box<[_]>>()
        });
        cells.get(2 * column + usize::from(failed))
    }

    fn attributes(&self, component: ComponentTag, column: usize, failed: bool) -> Vec<KeyValue> {
        let outcome = if failed { business_outcome::FAILURE } else { business_outcome::SUCCESS };
        let customer = match column {
            UNSAID => None,
            OTHERS => Some(OTHER),
            known => self.customers.get(known - OTHERS - 1).copied(),
        };
        component
            .attributes()
            .chain([KeyValue::new(BUSINESS_OUTCOME, outcome)])
            .chain(customer.map(|it| KeyValue::new(BUSINESS_CUSTOMER, it)))
            .collect()
    }
}
