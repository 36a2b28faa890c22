use super::*;
use crate::impact::Impact;
use crate::incident::{IncidentStatus, Response};
use crate::state::ComponentState;
use crate::time::Timestamp;

fn at(secs: i64) -> Timestamp {
    Timestamp::from_secs(secs)
}

const PERIOD: Period =
    Period { from: Timestamp::from_secs(1_000), until: Timestamp::from_secs(2_000) };

/// One that showed at `fault`, was opened 10 s later, and acknowledged and resolved when said.
fn incident(id: &str, fault: i64, acknowledged: Option<i64>, resolved: Option<i64>) -> Incident {
    Incident {
        id: id.into(),
        revision: 1,
        component: "admin".into(),
        component_name: "Admin panel".to_owned(),
        status: IncidentStatus::Investigating,
        worst: ComponentState::MajorOutage,
        severity: Severity::Critical,
        fault_at: at(fault),
        opened_at: at(fault + 10),
        updated_at: at(fault + 10),
        resolved_at: resolved.map(at),
        alerts: vec![crate::alert::AlertKey { rule: "gone".into(), labels: BTreeMap::new() }],
        suppressed: vec![],
        causes: vec![],
        traces: vec![],
        affected: BTreeMap::new(),
        customers: BTreeSet::new(),
        flapping: false,
        impact: Impact::default(),
        timeline: vec![],
        response: Response { first_acknowledged: acknowledged.map(at), ..Response::default() },
    }
}

fn judged(incident: Incident, verdict: Verdict) -> Incident {
    let response = Response { verdict: Some(verdict), ..incident.response };
    Incident { response, ..incident }
}

fn loss(incident: &str, from: i64, until: i64, lost: &str) -> Loss {
    Loss {
        incident: incident.into(),
        component: "auth".into(),
        from: at(from),
        until: at(until),
        revenue_per_hour: "1200 GBP".parse().unwrap(),
        lost: lost.parse().unwrap(),
    }
}

fn risk(opportunity: &str, amount: &str, from: i64, until: Option<i64>) -> RiskSpan {
    RiskSpan {
        opportunity: opportunity.into(),
        name: opportunity.to_owned(),
        customer: "zebra".into(),
        amount: amount.parse().unwrap(),
        from: at(from),
        until: until.map(at),
        incidents: BTreeSet::from(["i".into()]),
    }
}

#[test]
fn times_are_those_of_incidents_that_were_opened_in_the_period_and_not_for_nothing() {
    let incidents = vec![
        incident("before", 900, Some(950), Some(1_500)),
        judged(incident("one", 1_000, Some(1_040), Some(1_100)), Verdict::Real),
        incident("two", 1_100, None, Some(1_400)),
        judged(incident("wrong", 1_200, Some(1_900), Some(1_950)), Verdict::False),
        judged(incident("again", 1_300, Some(1_900), Some(1_950)), Verdict::Duplicate),
        incident("open", 1_800, None, None),
        incident("after", 2_000, None, None),
    ];
    let figures = Figures::of(&Kept { incidents, ..Kept::default() }, PERIOD);
    assert_eq!((figures.opened, figures.open_at_end), (5, 1));
    assert_eq!(figures.by_severity, BTreeMap::from([(Severity::Critical, 5)]));
    let secs =
        |it: Times| (it.count, [it.mean, it.median, it.worst].map(|it| it.map(|it| it.as_secs())));
    assert_eq!(secs(figures.detect), (3, [Some(10); 3]));
    assert_eq!(secs(figures.acknowledge), (1, [Some(30); 3]));
    assert_eq!(secs(figures.repair), (2, [Some(200), Some(100), Some(300)]));
    let verdicts = Verdicts { real: 1, false_: 1, duplicate: 1, open: 2 };
    assert_eq!(figures.verdicts, verdicts);
    assert_eq!(figures.by_rule, BTreeMap::from([("gone".into(), verdicts)]));
    assert_eq!(verdicts.false_percent().unwrap().round_dp(2).to_string(), "33.33");
    assert_eq!(Verdicts { open: 3, ..Verdicts::default() }.false_percent(), None);
}

#[test]
fn what_was_lost_counts_by_its_share_of_time_and_not_where_nothing_was_wrong() {
    let kept = Kept {
        incidents: vec![judged(incident("wrong", 1_000, None, None), Verdict::False)],
        losses: vec![
            loss("real", 900, 1_100, "10 GBP"),
            loss("real", 1_100, 1_160, "3 EUR"),
            loss("wrong", 1_100, 1_160, "99 GBP"),
            loss("real", 1_990, 2_030, "8 GBP"),
            loss("real", 2_000, 2_060, "50 GBP"),
        ],
        ..Kept::default()
    };
    assert_eq!(Figures::of(&kept, PERIOD).lost.to_string(), "3 EUR + 7 GBP");
}

#[test]
fn an_opportunity_is_at_risk_once_and_protected_once() {
    let kept = Kept {
        risks: vec![
            risk("a", "100 GBP", 900, Some(1_000)),
            risk("b", "20 GBP", 900, Some(1_001)),
            risk("b", "30 GBP", 1_500, Some(1_600)),
            risk("c", "7 GBP", 1_999, None),
            risk("d", "500 GBP", 2_000, None),
        ],
        ..Kept::default()
    };
    let figures = Figures::of(&kept, PERIOD);
    assert_eq!(figures.at_risk.to_string(), "37 GBP");
    // one that returned at the very begin is of this period, and was not at risk in it
    assert_eq!(figures.protected.total.to_string(), "130 GBP");
    assert_eq!(figures.at_risk_by_customer[&CustomerId::from("zebra")].to_string(), "37 GBP");
}

#[test]
fn a_quiet_period_has_no_times() {
    assert_eq!(Figures::of(&Kept::default(), PERIOD), Figures::default());
    assert_eq!(Times::of([]), Times::default());
}
