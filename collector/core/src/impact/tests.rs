//! The sentences of the health model about money.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rust_decimal::prelude::ToPrimitive;
use serde_json::json;

use super::*;
use crate::ids::IncidentId;
use crate::time::Timestamp;
use ComponentState::*;

fn catalog(raw: serde_json::Value) -> Catalog {
    Catalog::check(serde_json::from_value(raw).unwrap()).unwrap()
}

fn marketedge() -> serde_json::Value {
    json!({
        "components": {
            "auth": { "criticality": "critical", "depends_on": ["database"], "uses": ["sessions"], "revenue_per_hour": "1200 GBP" },
            "admin": { "criticality": "high", "depends_on": ["auth", "database"] },
            "database": { "criticality": "critical" },
            "sessions": { "criticality": "high" }
        },
        "customers": { "zebra": { "name": "Zebra Associates" } },
        "opportunities": {
            "zebra-cinema": { "customer": "zebra", "amount": "925000 GBP", "requires": ["auth", "admin"], "at_risk_from": "partial_outage" }
        }
    })
}

/// Effective states, when these are the own ones and all others are operational.
fn effective(catalog: &Catalog, own: &[(&str, ComponentState)]) -> States {
    let mut all: States = catalog.components().map(|it| (it.id.clone(), Operational)).collect();
    all.extend(own.iter().map(|(id, state)| ((*id).into(), *state)));
    catalog.effective(&all)
}

fn measured(all: &[(&str, u64, u64)]) -> Measured {
    let traffic = |(id, failed, total): &(&str, u64, u64)| {
        (ComponentId::new(id), Traffic { total: *total, failed: *failed })
    };
    all.iter().map(traffic).collect()
}

fn impact(own: &[(&str, ComponentState)], traffic: &[(&str, u64, u64)]) -> Impact {
    let catalog = catalog(marketedge());
    Impact::of(&catalog, &effective(&catalog, own), &measured(traffic))
}

#[test]
fn an_opportunity_is_at_risk_in_full_and_once_while_anything_it_requires_is_out() {
    for (own, deals, loss) in [
        (&[][..], "nothing", "nothing"),
        (&[("admin", MajorOutage)], "925,000 GBP", "nothing"),
        (&[("admin", PartialOutage)], "925,000 GBP", "nothing"),
        (&[("admin", DegradedPerformance)], "nothing", "nothing"),
        (&[("admin", Unknown)], "nothing", "nothing"),
        (&[("admin", UnderMaintenance)], "nothing", "nothing"),
        (&[("admin", MajorOutage), ("auth", MajorOutage)], "925,000 GBP", "1,200 GBP"),
        // only the database is out and nobody sends traffic
        (&[("database", MajorOutage)], "925,000 GBP", "1,200 GBP"),
        // what is only used degrades, and takes nothing below that
        (&[("sessions", MajorOutage)], "nothing", "nothing"),
    ] {
        let impact = impact(own, &[]);
        let mut total = Totals::default();
        impact.opportunities.iter().for_each(|it| total.add(it.amount));
        assert_eq!(total.to_string(), deals, "{own:?}");
        assert_eq!(impact.expected_loss.to_string(), loss, "{own:?}");
        let mut sum = total;
        sum.add_all(&impact.expected_loss);
        assert_eq!(impact.revenue_at_risk, sum, "what is at risk is both together");
        assert!(impact.opportunities.len() <= 1);
    }
    let impact = impact(&[("database", MajorOutage)], &[]);
    assert_eq!(impact.customers(), ["Zebra Associates"]);
    assert_eq!(impact.opportunities[0].because, ["admin".into(), "auth".into()], "by what");
}

#[test]
fn revenue_is_lost_by_the_share_that_was_measured_or_all_of_it_without_traffic() {
    let out = [("auth", MajorOutage)];
    for (own, traffic, loss) in [
        (&out[..], &[][..], "1,200 GBP"),
        (&out, &[("auth", 0, 0)], "1,200 GBP"),
        (&out, &[("auth", 1, 4)], "300 GBP"),
        (&out, &[("auth", 9, 4)], "1,200 GBP"),
        (&out, &[("auth", 0, 4)], "nothing"),
        (&[("auth", PartialOutage)], &[], "1,200 GBP"),
        (&[("auth", DegradedPerformance)], &[], "nothing"),
        (&[("auth", DegradedPerformance)], &[("auth", 1, 3)], "400 GBP"),
        // a well component loses nothing, whatever some of its requests did
        (&[("auth", Operational)], &[("auth", 1, 3)], "nothing"),
        // admin earns nothing by the hour
        (&[("admin", MajorOutage)], &[("admin", 1, 1)], "nothing"),
    ] {
        assert_eq!(impact(own, traffic).expected_loss.to_string(), loss, "{own:?} {traffic:?}");
    }
    let impact = impact(&out, &[("auth", 1, 4)]);
    let share = FailingShare::Measured(Traffic { total: 4, failed: 1 });
    assert_eq!((impact.rates[0].state, impact.rates[0].share), (MajorOutage, share));
}

#[test]
fn the_horizon_is_the_catalogs() {
    let mut raw = marketedge();
    raw["horizon"] = "30m".into();
    let catalog = catalog(raw);
    let out = effective(&catalog, &[("auth", MajorOutage)]);
    let impact = Impact::of(&catalog, &out, &Measured::new());
    assert_eq!(impact.expected_loss.to_string(), "600 GBP");
}

#[test]
fn currencies_are_only_summed_with_rates_from_the_catalog() {
    let mut raw = marketedge();
    raw["opportunities"]["other"] =
        json!({ "customer": "zebra", "amount": "100 EUR", "requires": ["admin"] });
    let at_risk = |raw: serde_json::Value| {
        let catalog = catalog(raw);
        let out = effective(&catalog, &[("admin", MajorOutage)]);
        Impact::of(&catalog, &out, &Measured::new())
    };
    let apart = at_risk(raw.clone());
    assert_eq!(apart.revenue_at_risk.to_string(), "100 EUR + 925,000 GBP");
    assert_eq!(apart.revenue_at_risk_total, None);
    raw["exchange_rates"] = json!({ "base": "GBP", "rates": { "EUR": 0.86 } });
    let total = at_risk(raw).revenue_at_risk_total;
    assert_eq!(total.map(|it| it.to_string()).as_deref(), Some("925,086 GBP"));
}

#[test]
fn all_revenue_is_at_risk_when_every_deal_and_every_earner_is() {
    assert!(impact(&[("database", MajorOutage)], &[]).everything);
    assert!(!impact(&[("admin", MajorOutage)], &[]).everything, "auth still earns");
    assert!(!impact(&[], &[]).everything);
    let catalog = catalog(json!({ "components": { "a": {} } }));
    let out = effective(&catalog, &[("a", MajorOutage)]);
    assert!(!Impact::of(&catalog, &out, &Measured::new()).everything, "there is nothing to lose");
}

#[test]
fn the_complete_service_is_unavailable_when_all_that_is_sold_is_out() {
    assert!(impact(&[("database", MajorOutage)], &[]).unavailable);
    assert!(!impact(&[("admin", MajorOutage)], &[]).unavailable, "people still log in");
    assert!(!impact(&[("database", PartialOutage)], &[]).unavailable, "some of it works");
    let catalog = catalog(json!({ "components": { "a": {} } }));
    let out = effective(&catalog, &[("a", MajorOutage)]);
    assert!(!Impact::of(&catalog, &out, &Measured::new()).unavailable, "nothing is sold");
}

#[test]
fn the_health_score_weighs_components_by_criticality() {
    for (own, score) in [
        (&[][..], "100"),
        // (8 x 0 + 8 x 0 + 4 x 0 + 4) / 24
        (&[("database", MajorOutage)], "16.67"),
        (&[("admin", MajorOutage)], "83.33"),
        (&[("admin", PartialOutage)], "88.33"),
        (&[("admin", DegradedPerformance)], "95"),
        (&[("admin", Unknown)], "91.67"),
        (&[("admin", UnderMaintenance), ("sessions", MajorOutage)], "68"),
    ] {
        let catalog = catalog(marketedge());
        let told = health_score(&catalog, &effective(&catalog, own)).unwrap();
        assert_eq!(told.round_dp(2).normalize().to_string(), score, "{own:?}");
    }
    let catalog = catalog(marketedge());
    let closed = catalog.components().map(|it| (it.id.clone(), UnderMaintenance)).collect();
    assert_eq!(health_score(&catalog, &closed), None);
    assert_eq!(health_score(&catalog, &States::new()), Some(Decimal::from(50)), "all unknown");
}

fn rate(failed: u64, total: u64, pence: u64) -> LossRate {
    let amount = Decimal::from(pence) / Decimal::ONE_HUNDRED;
    LossRate {
        component: "auth".into(),
        state: MajorOutage,
        revenue_per_hour: Money { amount, currency: "GBP".parse().unwrap() },
        share: FailingShare::Measured(Traffic { total, failed }),
    }
}

#[test]
fn the_largest_amounts_do_not_leave_what_decimals_hold() {
    let mut rate = rate(u64::MAX - 1, u64::MAX, 0);
    rate.revenue_per_hour = "1000000000000000 GBP".parse().unwrap();
    let lost = rate.over(Duration::from_secs(3_600));
    assert_eq!(lost.to_string(), "1,000,000,000,000,000 GBP");
    assert!(rate.over(Duration::MAX).amount > lost.amount);
}

/// Steps of an incident: how long, then what fails from then on, at what price.
fn steps() -> impl Strategy<Value = Vec<(u64, u64, u64, u64)>> {
    let totals = prop::sample::select(vec![1_u64, 2, 3, 7, 10]);
    let step =
        (0..5_000_000_000_000_u64, totals, 0..=10_u64, prop::sample::select(vec![120_000, 99_999]))
            .prop_map(|(nanos, total, failed, pence)| (nanos, failed.min(total), total, pence));
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Held against whole numbers: pence, nanoseconds and a common denominator. With restarts.
    #[test]
    fn what_is_lost_is_the_rate_integrated_over_time(steps in steps(), restarts in any::<u64>()) {
        let incident = IncidentId::new("inc-1");
        let mut meter = Meter::new(Timestamp::default());
        let mut now = Timestamp::default();
        let (mut exact, mut before) = (0_u128, (0, 1, 0));
        let mut ledger = Vec::new();
        for (at, (nanos, failed, total, pence)) in steps.into_iter().enumerate() {
            if restarts >> (at % 64) & 1 == 1 {
                meter = serde_json::from_str(&serde_json::to_string(&meter).unwrap()).unwrap();
            }
            now = Timestamp::from_nanos(now.nanos() + nanos as i64);
            let (failed_before, total_before, pence_before): (u64, u64, u64) = before;
            exact += u128::from(pence_before * failed_before * (210 / total_before)) * u128::from(nanos);
            ledger.extend(meter.read(&incident, vec![rate(failed, total, pence)], now));
            before = (failed, total, pence);
        }
        ledger.extend(meter.end(&incident, now));
        let pence = exact as f64 / (210.0 * 3.6e12);
        let told = |totals: &Totals| {
            totals.iter().next().map_or(0.0, |it| (it.amount * Decimal::ONE_HUNDRED).to_f64().unwrap())
        };
        prop_assert!((told(meter.lost()) - pence).abs() < 0.01, "{} {pence}", told(meter.lost()));
        // the lines of the ledger are the same money
        let mut lines = Totals::default();
        ledger.iter().for_each(|it| lines.add(it.lost));
        prop_assert!((told(&lines) - pence).abs() < 0.01, "{} {pence}", told(&lines));
        prop_assert!(ledger.iter().all(|it| it.from < it.until));
    }
}

#[test]
fn the_ledger_has_a_line_a_minute_and_one_for_the_rest() {
    let incident = IncidentId::new("inc-1");
    let mut meter = Meter::new(Timestamp::from_secs(0));
    let mut lines = Vec::new();
    for second in 0..150 {
        let failed = 1 + second % 2;
        let now = Timestamp::from_secs(second as i64);
        lines.extend(meter.read(&incident, vec![rate(failed, 2, 120_000)], now));
    }
    lines.extend(meter.end(&incident, Timestamp::from_secs(150)));
    let times: Vec<_> = lines.iter().map(|it| (it.from.secs(), it.until.secs())).collect();
    assert_eq!(times, [(0, 60), (60, 120), (120, 150)]);
    // three quarters of 1,200 an hour, for a minute
    assert_eq!(lines[0].lost.to_string(), "15 GBP");
    assert_eq!(meter.lost().to_string(), "37.50 GBP");
}

fn at_risk(id: &str, amount: &str) -> OpportunityAtRisk {
    OpportunityAtRisk {
        id: id.into(),
        name: id.to_owned(),
        customer: "zebra".into(),
        customer_name: "Zebra".to_owned(),
        amount: amount.parse().unwrap(),
        because: vec![],
    }
}

fn incidents(ids: &[&str]) -> BTreeSet<IncidentId> {
    ids.iter().map(|it| IncidentId::new(it)).collect()
}

#[test]
fn what_returned_to_safety_was_protected_once() {
    let mut watch = RiskWatch::default();
    let at = Timestamp::from_secs;
    let (deal, other) = (at_risk("deal", "925000 GBP"), at_risk("other", "10 EUR"));
    let mut spans = Vec::new();
    let by = |ids: &'static [&'static str]| move |_: &OpportunityId| incidents(ids);
    spans.extend(watch.follow(std::slice::from_ref(&deal), by(&["i1"]), at(10)));
    assert!(watch.follow(std::slice::from_ref(&deal), by(&["i1"]), at(11)).is_empty(), "no news");
    // a second incident puts it at risk too, and another deal with it
    spans.extend(watch.follow(&[deal.clone(), other], by(&["i2"]), at(20)));
    assert!(Protected::of(spans.clone()).total.is_zero(), "nothing is safe yet");
    // goes on after a restart
    watch = RiskWatch::restore(spans.clone());
    spans.extend(watch.follow(std::slice::from_ref(&deal), by(&["i1"]), at(30)));
    spans.extend(watch.follow(&[], by(&[]), at(40)));
    // and once more
    spans.extend(watch.follow(&[deal], by(&["i3"]), at(50)));
    spans.extend(watch.follow(&[], by(&[]), at(60)));
    let protected = Protected::of(spans);
    assert_eq!(protected.total.to_string(), "10 EUR + 925,000 GBP");
    assert_eq!(protected.by_customer["zebra"].to_string(), "10 EUR + 925,000 GBP");
    let by_incident: Vec<_> = protected.by_incident.values().map(ToString::to_string).collect();
    assert_eq!(by_incident, ["925,000 GBP", "10 EUR + 925,000 GBP", "925,000 GBP"]);
    let spans: Vec<_> = protected.spans.iter().map(|it| it.from.secs()).collect();
    assert_eq!(spans, [50, 20], "the inputs");
}

#[test]
fn a_loss_that_several_incidents_tell_is_added_up_once() {
    let loss = |incident: &str, component: &str, from, until, lost: &str| Loss {
        incident: incident.into(),
        component: component.into(),
        from: Timestamp::from_secs(from),
        until: Timestamp::from_secs(until),
        revenue_per_hour: "3600 GBP".parse().unwrap(),
        lost: lost.parse().unwrap(),
    };
    for (losses, once) in [
        (vec![], "nothing"),
        (vec![loss("a", "auth", 0, 60, "60 GBP"), loss("a", "auth", 60, 90, "15 GBP")], "75 GBP"),
        (vec![loss("a", "auth", 0, 60, "60 GBP"), loss("b", "auth", 0, 60, "60 GBP")], "60 GBP"),
        (vec![loss("a", "auth", 0, 60, "60 GBP"), loss("b", "auth", 30, 90, "30 GBP")], "75 GBP"),
        (
            vec![loss("a", "auth", 0, 60, "60 GBP"), loss("b", "shop", 0, 60, "6 EUR")],
            "6 EUR + 60 GBP",
        ),
        (vec![loss("a", "auth", 5, 5, "1 GBP")], "nothing"),
    ] {
        assert_eq!(Loss::once(&losses).to_string(), once, "{losses:?}");
    }
}
