//! Which queries a signal counts for, decided once for all signals that look alike.

use bellwether_core::attribute::Value;
use bellwether_core::catalog::ComponentSet;
use bellwether_otlp::{SpanKind, StatusCode};
use bellwether_proto::semconv;

use crate::group;
use crate::indicators::Grain;
use crate::plan::{Class, Plan, Planned, QueryId, STATUS};
use crate::query::{Bad, Measure, Of};
use crate::subject::{Own, Subject};

/// Log records of this severity and above are errors.
pub(crate) const ERROR: i32 = 17;

/// A query that a signal counts for, and in which group.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) query: QueryId,
    /// The cell of the group, while `epoch` is that of the cells.
    pub(crate) cell: u32,
    pub(crate) epoch: u32,
    pub(crate) keep: Keep,
    pub(crate) grain: Grain,
    /// Seconds.
    pub(crate) lateness: u32,
    pub(crate) verdict: Verdict,
    pub(crate) group: Box<[u8]>,
}

impl Target {
    /// Says whether signals that look alike count for it alike, but for when they happened and how
    /// long they lasted.
    pub(crate) fn is_alike(&self) -> bool {
        let alike = match self.keep {
            Keep::Count | Keep::Amount => true,
            Keep::Summary(source) | Keep::Distribution(source) => source == Source::Duration,
            Keep::Customers => false,
        };
        alike && self.verdict != Verdict::Ask
    }

    /// Says whether a trace of signals that look alike shows what is wrong, or what took long.
    pub(crate) fn is_shown(&self) -> bool {
        let values = matches!(
            self.keep,
            Keep::Summary(Source::Duration) | Keep::Distribution(Source::Duration)
        );
        values || self.verdict == Verdict::Bad
    }

    /// Says whether no signal that looks like those that it was decided for ever counts for it.
    pub(crate) fn is_idle(&self) -> bool {
        self.keep == Keep::Customers && self.verdict == Verdict::Good
    }
}

/// What is kept of a signal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keep {
    Count,
    Amount,
    Summary(Source),
    Distribution(Source),
    Customers,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Duration,
    /// The attribute with this number.
    Attribute(u16),
    Point,
}

/// Whether a signal is bad.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Good,
    Bad,
    /// It is bad if it comes late.
    BadIfLate,
    /// It cannot be told, so that it does not count. That is counted.
    Untold,
    /// It has to be asked for each signal; so has the group.
    Ask,
}

/// Decides for which queries a signal counts.
pub(crate) fn decide(
    plan: &Plan,
    class: &Class,
    subject: &Subject<'_, '_>,
    components: &ComponentSet,
) -> Vec<Target> {
    let mut targets = Vec::new();
    class.each_candidate(subject, components, |id| {
        let Some(planned) = plan.query(id) else { return };
        if planned.component.is_some_and(|it| !components.contains(it))
            || !is_named(planned, subject)
        {
            return;
        }
        let (verdict, group) = if planned.volatile {
            (Verdict::Ask, Vec::new())
        } else {
            let Some(decided) = judge(planned, subject) else { return };
            decided
        };
        let Some(keep) = keep(planned, class) else { return };
        targets.push(Target {
            query: id,
            cell: 0,
            epoch: 0,
            keep,
            grain: planned.grain,
            lateness: planned.lateness(),
            verdict,
            group: group.into(),
        });
    });
    targets
}

/// Says whether a signal is bad and what its group is; nothing when it does not count.
pub(crate) fn judge(planned: &Planned, subject: &Subject<'_, '_>) -> Option<(Verdict, Vec<u8>)> {
    let query = &planned.query;
    if !query.filter.takes(subject) {
        return None;
    }
    let is_bad = match query.measure.bad() {
        Bad::Nothing => false,
        Bad::Late => return Some((Verdict::BadIfLate, groups(planned, subject))),
        Bad::Errors => is_error(subject),
        Bad::Failures => is_error(subject) || is_unanswered(subject),
        Bad::Unless(good) => match good.decide(subject) {
            Ok(good) => !good,
            Err(_) => return Some((Verdict::Untold, Vec::new())),
        },
        Bad::If(bad) => bad.takes(subject),
    };
    let verdict = if is_bad { Verdict::Bad } else { Verdict::Good };
    Some((verdict, groups(planned, subject)))
}

fn is_error(subject: &Subject<'_, '_>) -> bool {
    match subject.own {
        Own::Span { status, .. } => status == StatusCode::Error,
        Own::Log { severity, .. } => severity >= ERROR,
        Own::Metric { .. } => false,
    }
}

/// To HTTP an unmounted route is no failure of the server: to whoever asked for it, it is one.
fn is_unanswered(subject: &Subject<'_, '_>) -> bool {
    let missing = |name: &&str| matches!(subject.get(name), Some(Value::Int(404 | 405)));
    matches!(subject.own, Own::Span { kind: SpanKind::Server, .. })
        && subject.get(semconv::HTTP_ROUTE).is_none()
        && STATUS.iter().any(missing)
}

fn groups(planned: &Planned, subject: &Subject<'_, '_>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for name in &planned.query.group_by {
        group::write(&mut bytes, subject.get(name));
    }
    bytes
}

/// The metric was found with its class; the name of an event is looked at here.
fn is_named(planned: &Planned, subject: &Subject<'_, '_>) -> bool {
    match (&planned.query.name, subject.own) {
        (Some(name), Own::Log { event, .. }) => **name == *event,
        _ => true,
    }
}

fn keep(planned: &Planned, class: &Class) -> Option<Keep> {
    let source = |of: &Of| {
        Some(match of {
            Of::Duration => Source::Duration,
            Of::Attribute(name) => Source::Attribute(class.keys.find(name.as_bytes())?),
            Of::Point => Source::Point,
        })
    };
    Some(match &planned.query.measure {
        Measure::Count(_) => Keep::Count,
        Measure::Amount(_) => Keep::Amount,
        Measure::Summary(of) => Keep::Summary(source(of)?),
        Measure::Distribution(of) => Keep::Distribution(source(of)?),
        Measure::Customers(_) => Keep::Customers,
    })
}
