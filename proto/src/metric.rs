//! What a metric is, beside its value.

/// Describes a metric, as the registry declares it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name, such as `component.health`.
    pub name: &'static str,
    /// What kind of value it has.
    pub instrument: Instrument,
    /// Its unit in UCUM.
    pub unit: &'static str,
    /// One sentence.
    pub brief: &'static str,
    /// The attributes that its points may have.
    pub attributes: &'static [&'static str],
}

/// Names the kinds of value that we use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Instrument {
    /// Only grows.
    Counter,
    /// Grows and shrinks, and may be added up.
    UpDownCounter,
    /// Stands for itself.
    Gauge,
    /// Counts values by size.
    Histogram,
}
