//! What a rule asks of signals: which, grouped by what, measured how, over which windows.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::attribute::Predicate;
use bellwether_core::ids::ComponentId;
use bellwether_expr::{Condition, Undecided};
use bellwether_proto::semconv;

use crate::plan::STATUS;
use crate::subject::{SignalKind, Subject};

/// A point that is older than this counts in the current slot, and as late.
pub const LATENESS: Duration = Duration::from_secs(30);

/// More groups than this are not told apart unless a rule says so.
pub const MOST_GROUPS: usize = 10_000;

/// What a rule asks of signals. Equal queries are answered once.
#[derive(Clone, Debug)]
pub struct Query {
    /// The kind of signal.
    pub signal: SignalKind,
    /// The component whose signals count; those of every component when absent.
    pub component: Option<ComponentId>,
    /// The name of the metric, or of the event; any when absent.
    pub name: Option<Arc<str>>,
    /// Which signals count.
    pub filter: Filter,
    /// The attributes or own fields by whose values signals are told apart.
    pub group_by: Vec<Arc<str>>,
    /// What is kept of them.
    pub measure: Measure,
    /// Over which windows.
    pub windows: Vec<Duration>,
    /// How late a signal may come and still count where it belongs.
    pub lateness: Duration,
    /// How many groups are told apart.
    pub most_groups: usize,
    /// How long a group is remembered after its last signal.
    pub forget_after: Duration,
    /// Whether the rhythm of each group is learnt.
    pub rhythm: bool,
    /// Whose objective it is about: what comes while that is under maintenance does not count.
    pub objective_of: Option<ComponentId>,
}

impl Query {
    /// Makes a query that counts all signals of a kind.
    pub fn of(signal: SignalKind) -> Self {
        Self {
            signal,
            component: None,
            name: None,
            filter: Filter::default(),
            group_by: Vec::new(),
            measure: Measure::Count(Bad::Nothing),
            windows: Vec::new(),
            lateness: LATENESS,
            most_groups: MOST_GROUPS,
            forget_after: Duration::from_secs(15 * 60),
            rhythm: false,
            objective_of: None,
        }
    }

    /// Returns a text that equal queries have in common, whatever their windows.
    pub(crate) fn identity(&self) -> String {
        let Self { signal, component, name, filter, group_by, measure, .. } = self;
        let Self { lateness, most_groups, forget_after, rhythm, objective_of, .. } = self;
        let objective = objective_of.as_ref().map(|it| format!(" objective of {it}"));
        let objective = objective.unwrap_or_default();
        format!(
            "{signal:?} {component:?} {name:?} {filter:?} {group_by:?} {measure:?} {lateness:?} {most_groups} {forget_after:?} {rhythm}{objective}"
        )
    }

    /// Returns every name that the query looks at.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let value = match &self.measure {
            Measure::Summary(Of::Attribute(name)) | Measure::Distribution(Of::Attribute(name)) => {
                Some(&**name)
            }
            _ => None,
        };
        self.decisive_names().chain(value)
    }

    /// Returns the names that decide whether and in which group a signal counts.
    pub(crate) fn decisive_names(&self) -> impl Iterator<Item = &str> {
        let bad = self.measure.bad().names();
        self.filter.names().chain(self.group_by.iter().map(|it| &**it)).chain(bad)
    }

    /// Says whether it depends on something that differs from signal to signal, so that what was
    /// decided for one cannot be used for the next that looks alike.
    pub(crate) fn is_volatile(&self) -> bool {
        self.decisive_names().any(|name| matches!(name, "span.duration" | "log.body"))
    }
}

/// Which signals count.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Attributes and own fields, and what they have to be.
    pub matches: Predicate,
    /// A condition that has to hold as well.
    pub when: Option<Arc<dyn Condition>>,
}

impl Filter {
    fn names(&self) -> impl Iterator<Item = &str> {
        let when = self.when.iter().flat_map(|it| it.names());
        self.matches.keys().chain(when.map(String::as_str))
    }

    /// Says whether a signal counts. One of which that cannot be told does not.
    pub(crate) fn takes(&self, subject: &Subject<'_, '_>) -> bool {
        self.decide(subject).unwrap_or(false)
    }

    /// Says whether it holds for a signal, or why that cannot be told.
    pub(crate) fn decide(&self, subject: &Subject<'_, '_>) -> Result<bool, Undecided> {
        if !self.matches.holds(|name| subject.get(name)) {
            return Ok(false);
        }
        self.when.as_ref().map_or(Ok(true), |condition| condition.holds(subject))
    }
}

/// What is kept of signals.
#[derive(Clone, Debug)]
pub enum Measure {
    /// How many there are, and how many of them are bad.
    Count(Bad),
    /// How much there is: a sum's growth, a histogram's number of values; a span or a log record
    /// counts as 1. And how much of it is bad.
    Amount(Bad),
    /// Count, sum, least, greatest and newest of a value.
    Summary(Of),
    /// The same with quantiles.
    Distribution(Of),
    /// Whose the bad ones are: who met them between two harvests.
    Customers(Bad),
}

impl Measure {
    /// Says how much there is of signals: spans and log records are counted, of points it need
    /// not be a whole number.
    pub(crate) fn counting(signal: SignalKind, bad: Bad) -> Self {
        match signal {
            SignalKind::Spans | SignalKind::Logs => Self::Count(bad),
            SignalKind::Metrics => Self::Amount(bad),
        }
    }

    /// Returns what makes a signal bad, where that is asked.
    pub(crate) fn bad(&self) -> &Bad {
        match self {
            Self::Count(bad) | Self::Amount(bad) | Self::Customers(bad) => bad,
            Self::Summary(_) | Self::Distribution(_) => &Bad::Nothing,
        }
    }
}

/// A value of a signal.
#[derive(Clone, Debug)]
pub enum Of {
    /// How long a span lasted, in seconds.
    Duration,
    /// A numeric attribute.
    Attribute(Arc<str>),
    /// The value of a metric's point, or the values of a histogram.
    Point,
}

/// What makes a signal bad.
#[derive(Clone, Debug)]
pub enum Bad {
    /// Nothing does.
    Nothing,
    /// A span that failed, a log record of severity ERROR or FATAL.
    Errors,
    /// The same, and a request that met a 404 or 405 because no route answered it.
    Failures,
    /// That the signal came later than it may.
    Late,
    /// That this does not hold. A signal of which that cannot be told does not count at all.
    Unless(Filter),
    /// That this holds.
    If(Filter),
}

impl Bad {
    fn names(&self) -> Vec<&str> {
        match self {
            Self::Unless(filter) | Self::If(filter) => filter.names().collect(),
            Self::Failures => [&STATUS[..], &[semconv::HTTP_ROUTE]].concat(),
            Self::Nothing | Self::Errors | Self::Late => Vec::new(),
        }
    }
}
