//! Holds the boards against the registry.

use bellwether_proto::metric::Instrument;

use crate::board::{COLUMNS, Of, Panel, Query};

#[test]
fn boards_ask_what_the_registry_has() {
    for board in super::all() {
        let panels = board.rows.iter().flat_map(|row| &row.panels);
        let mistakes: Vec<_> = panels.flat_map(mistakes).collect();
        assert_eq!(mistakes, Vec::<String>::new(), "{}", board.title);
    }
}

/// Finds attributes that a metric does not have, questions that its kind cannot answer, and panels
/// that are too wide.
fn mistakes(panel: &Panel) -> Vec<String> {
    let mut found: Vec<_> = mistake(&panel.query).into_iter().collect();
    if panel.width == 0 || panel.width > COLUMNS {
        found.push(format!("it is {} columns wide", panel.width));
    }
    found.into_iter().map(|it| format!("{}: {it}", panel.title)).collect()
}

fn mistake(query: &Query) -> Option<String> {
    let name = query.metric.name;
    let mut asked = query.by.iter().copied().chain(query.only.map(|(attribute, _)| attribute));
    if let Some(unknown) = asked.find(|it| !query.metric.attributes.contains(it)) {
        return Some(format!("{name} has no attribute {unknown}"));
    }
    let fits = match query.of {
        Of::PerSecond => query.metric.instrument == Instrument::Counter,
        Of::Mean | Of::MeanOfRare | Of::Count => query.metric.instrument == Instrument::Histogram,
        Of::Sum | Of::Max | Of::Min => {
            matches!(query.metric.instrument, Instrument::Gauge | Instrument::UpDownCounter)
        }
    };
    (!fits).then(|| {
        format!("{name} is a {:?}: {:?} cannot be asked", query.metric.instrument, query.of)
    })
}
