//! What a dashboard shows, whoever draws it.

use bellwether_proto::metric::{Instrument, Metric};

/// Columns of a dashboard; a panel takes some of them.
pub const COLUMNS: u32 = 12;

/// One dashboard.
#[derive(Clone, Debug, PartialEq)]
pub struct Board {
    /// Its id, and the name of its file.
    pub id: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// Whom it is for and what it answers.
    pub about: &'static str,
    /// Who tells what it shows.
    pub from: Source,
    /// What it shows, from top to bottom.
    pub rows: Vec<Row>,
}

/// Who tells what a board shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// The collector: everywhere, and on its own `/metrics`.
    Collector,
    /// Services with the library: only where the collector sends their metrics.
    Services,
}

/// Panels under one heading.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The heading.
    pub title: &'static str,
    /// The panels, from left to right; they wrap.
    pub panels: Vec<Panel>,
}

/// One figure, chart or table.
#[derive(Clone, Debug, PartialEq)]
pub struct Panel {
    /// The heading.
    pub title: &'static str,
    /// How it is read.
    pub about: &'static str,
    /// How it is drawn.
    pub shape: Shape,
    /// Width in columns, from 1 to [`COLUMNS`].
    pub width: u32,
    /// What is asked; all answers share one axis.
    pub queries: Vec<Query>,
}

/// How a panel is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// One number, the newest.
    Number(Good),
    /// Lines over time.
    Lines,
    /// States of components over time, as [`STATES`] names them.
    States,
}

/// Which numbers are good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Good {
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
pub const STATES: &[(i32, &str, Tone)] = &[
    (3, "major outage", Tone::Bad),
    (2, "partial outage", Tone::Poor),
    (1, "degraded performance", Tone::Fair),
    (0, "operational", Tone::Good),
    (-1, "unknown", Tone::Blind),
    (-2, "under maintenance", Tone::Calm),
];

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
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
pub struct Query {
    /// The metric.
    pub metric: &'static Metric,
    /// What of it.
    pub of: Of,
    /// The attributes that are told apart; what has other attributes, too, is folded.
    pub by: Vec<&'static str>,
    /// Only points that have this value of this attribute.
    pub only: Option<(&'static str, &'static str)>,
}

/// What of a metric is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
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

/// Why a board cannot be drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(pub String);

impl Board {
    /// Finds what contradicts the registry: attributes that a metric does not have, questions that
    /// its kind cannot answer, panels that are too wide.
    pub fn mistakes(&self) -> Vec<Mistake> {
        let panels = self.rows.iter().flat_map(|row| &row.panels);
        panels.flat_map(Panel::mistakes).map(|it| Mistake(format!("{}: {it}", self.id))).collect()
    }

    /// Returns every question that is asked.
    pub fn queries(&self) -> impl Iterator<Item = &Query> {
        self.rows.iter().flat_map(|row| &row.panels).flat_map(|panel| &panel.queries)
    }
}

impl Panel {
    fn mistakes(&self) -> Vec<String> {
        let mut found: Vec<_> = self.queries.iter().filter_map(Query::mistake).collect();
        if self.queries.is_empty() {
            found.push("it asks nothing".to_owned());
        }
        if self.width == 0 || self.width > COLUMNS {
            found.push(format!("it is {} columns wide", self.width));
        }
        found.into_iter().map(|it| format!("{}: {it}", self.title)).collect()
    }
}

impl Query {
    /// Asks for `of` of `metric`, all of it together.
    pub fn new(of: Of, metric: &'static Metric) -> Self {
        Self { metric, of, by: Vec::new(), only: None }
    }

    /// Tells values of these attributes apart.
    #[must_use]
    pub fn by(mut self, attributes: &[&'static str]) -> Self {
        self.by = attributes.to_vec();
        self
    }

    /// Asks only about points with this value of this attribute.
    #[must_use]
    pub fn only(mut self, attribute: &'static str, value: &'static str) -> Self {
        self.only = Some((attribute, value));
        self
    }

    fn mistake(&self) -> Option<String> {
        let name = self.metric.name;
        let mut asked = self.by.iter().copied().chain(self.only.map(|(attribute, _)| attribute));
        if let Some(unknown) = asked.find(|it| !self.metric.attributes.contains(it)) {
            return Some(format!("{name} has no attribute {unknown}"));
        }
        let fits = match self.of {
            Of::PerSecond => self.metric.instrument == Instrument::Counter,
            Of::Mean | Of::MeanOfRare | Of::Count => {
                self.metric.instrument == Instrument::Histogram
            }
            Of::Sum | Of::Max | Of::Min => {
                matches!(self.metric.instrument, Instrument::Gauge | Instrument::UpDownCounter)
            }
        };
        (!fits).then(|| {
            format!("{name} is a {:?}: {:?} cannot be asked", self.metric.instrument, self.of)
        })
    }
}
