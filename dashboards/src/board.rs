//! What a dashboard shows, whoever draws it.

use bellwether_proto::metric::Metric;

/// Columns of a dashboard; a panel takes some of them.
pub(crate) const COLUMNS: u32 = 12;

/// One dashboard.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Board {
    /// Its id, and the name of its file.
    pub(crate) id: &'static str,
    /// What people call it.
    pub(crate) title: &'static str,
    /// Whom it is for and what it answers.
    pub(crate) about: &'static str,
    /// Who tells what it shows.
    pub(crate) from: Source,
    /// What it shows, from top to bottom.
    pub(crate) rows: Vec<Row>,
}

/// Who tells what a board shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// The collector: everywhere, and on its own `/metrics`.
    Collector,
    /// Services with the library: only where the collector sends their metrics.
    Services,
}

/// Panels under one heading.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Row {
    /// The heading.
    pub(crate) title: &'static str,
    /// The panels, from left to right; they wrap.
    pub(crate) panels: Vec<Panel>,
}

/// One figure, chart or table.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Panel {
    /// The heading.
    pub(crate) title: &'static str,
    /// How it is read.
    pub(crate) about: &'static str,
    /// How it is drawn.
    pub(crate) shape: Shape,
    /// Width in columns, from 1 to [`COLUMNS`].
    pub(crate) width: u32,
    /// What is asked.
    pub(crate) query: Query,
}

/// How a panel is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// One number, the newest.
    Number(Good),
    /// Lines over time.
    Lines,
    /// States of components over time, as [`STATES`] names them.
    States,
}

/// Which numbers are good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Good {
    /// None is good or bad.
    Any,
    /// Only zero.
    Zero,
    /// Only one.
    One,
    /// From 95 up; below 80 it is bad news.
    High,
}

/// Numbers of `component.health`, with what they mean, from the worst on.
pub(crate) const STATES: &[(i32, &str, Tone)] = &[
    (3, "major outage", Tone::Bad),
    (2, "partial outage", Tone::Poor),
    (1, "degraded performance", Tone::Fair),
    (0, "operational", Tone::Good),
    (-1, "unknown", Tone::Blind),
    (-2, "under maintenance", Tone::Calm),
];

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// All is well.
    Good,
    /// Not quite well.
    Fair,
    /// Unwell.
    Poor,
    /// Out.
    Bad,
    /// Nobody knows.
    Blind,
    /// On purpose.
    Calm,
}

/// A question about one metric.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Query {
    /// The metric.
    pub(crate) metric: &'static Metric,
    /// What of it.
    pub(crate) of: Of,
    /// The attributes that are told apart; what has other attributes, too, is folded.
    pub(crate) by: Vec<&'static str>,
    /// Only points that have this value of this attribute.
    pub(crate) only: Option<(&'static str, &'static str)>,
}

/// What of a metric is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The newest values, added up.
    Sum,
    /// The greatest of the newest values.
    Max,
    /// The least of the newest values.
    Min,
    /// By how much it grows, a second.
    PerSecond,
    /// The mean of what a histogram counted.
    Mean,
    /// The same of rare things: since the start where only totals are kept, since a rate cannot see the
    /// first one of a series.
    MeanOfRare,
    /// How many values a histogram counted, a second.
    Count,
}

impl Query {
    /// Asks for `of` of `metric`, all of it together.
    pub(crate) fn new(of: Of, metric: &'static Metric) -> Self {
        Self { metric, of, by: Vec::new(), only: None }
    }

    /// Tells values of these attributes apart.
    #[must_use]
    pub(crate) fn by(mut self, attributes: &[&'static str]) -> Self {
        self.by = attributes.to_vec();
        self
    }

    /// Asks only about points with this value of this attribute.
    #[must_use]
    pub(crate) fn only(mut self, attribute: &'static str, value: &'static str) -> Self {
        self.only = Some((attribute, value));
        self
    }
}
