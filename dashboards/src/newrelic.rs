//! A dashboard as New Relic's `dashboardCreate` takes it: one page for each board.

use serde_json::{Value, json};

use crate::board::{Board, COLUMNS, Good, Of, Query, Row, Shape};
use crate::layout::{Heights, Placed, place};

const HEIGHTS: Heights = Heights { number: 3, chart: 4 };

/// Draws all boards; `account` is whose data are asked for.
pub(crate) fn dashboard(boards: &[Board], account: u64) -> Value {
    json!({
        "name": "Bellwether",
        "description": "What is at risk, what is unwell, and the collector itself.",
        "permissions": "PUBLIC_READ_WRITE",
        "pages": boards.iter().map(|it| page(it, account)).collect::<Vec<_>>(),
        "variables": [],
    })
}

fn page(board: &Board, account: u64) -> Value {
    let (mut widgets, mut y) = (Vec::new(), 0);
    for row in &board.rows {
        widgets.push(heading(row, y));
        let (placed, below) = place(row, y + 1, HEIGHTS);
        widgets.extend(placed.iter().map(|it| widget(it, account)));
        y = below;
    }
    let name = board.title.strip_prefix("Bellwether: ").unwrap_or(board.title);
    json!({ "name": name, "description": board.about, "widgets": widgets })
}

fn heading(row: &Row, y: u32) -> Value {
    json!({
        "title": "",
        "visualization": { "id": "viz.markdown" },
        "layout": { "column": 1, "row": y + 1, "width": COLUMNS, "height": 1 },
        "rawConfiguration": { "text": format!("## {}", row.title) },
        "linkedEntityGuids": null,
    })
}

fn widget(placed: &Placed<'_>, account: u64) -> Value {
    let panel = placed.panel;
    let number = matches!(panel.shape, Shape::Number(_));
    let mut raw = json!({
        "nrqlQueries": [{ "accountIds": [account], "query": nrql(&panel.query, number) }],
        // a number is the newest, whichever time is looked at
        "platformOptions": { "ignoreTimeRange": number },
    });
    if let Shape::Number(good) = panel.shape {
        color(&mut raw, good);
    }
    json!({
        "title": panel.title,
        "visualization": { "id": if number { "viz.billboard" } else { "viz.line" } },
        "layout": {
            "column": placed.x + 1,
            "row": placed.y + 1,
            "width": panel.width,
            "height": placed.height,
        },
        "rawConfiguration": raw,
        "linkedEntityGuids": null,
    })
}

/// Says which numbers have which colour. A billboard's own `thresholds` tell of what is too large; what may
/// be too small takes ranges.
fn color(raw: &mut Value, good: Good) {
    let (fine, poor, bad) = ("success", "warning", "critical");
    let ranges = match good {
        Good::Any => return,
        Good::Zero => {
            raw["thresholds"] = json!([{ "alertSeverity": "CRITICAL", "value": 0.001 }]);
            return;
        }
        Good::One => json!([{ "to": 1, "severity": bad }, { "from": 1, "severity": fine }]),
        Good::High => json!([
            { "to": 80, "severity": bad },
            { "from": 80, "to": 95, "severity": poor },
            { "from": 95, "severity": fine },
        ]),
    };
    raw["thresholdsWithSeriesOverrides"] = json!({ "thresholds": ranges });
}

/// Asks New Relic. What is folded over attributes is folded over the newest value of each series,
/// which is a question within the question.
fn nrql(query: &Query, number: bool) -> String {
    let name = format!("`{}`", query.metric.name);
    let only = query.only.map(|(name, value)| format!(" WHERE `{name}` = '{value}'"));
    let only = only.unwrap_or_default();
    let by: Vec<_> = query.by.iter().map(|it| format!("`{it}`")).collect();
    let facet =
        if by.is_empty() { String::new() } else { format!(" FACET {} LIMIT 100", by.join(", ")) };
    let (inner, outer) = if number {
        ("", " SINCE 5 minutes ago")
    } else {
        (" TIMESERIES 1 minute", " TIMESERIES 1 minute")
    };
    let folded = |fold: &str| {
        let newest = format!(
            "SELECT latest({name}) AS `value` FROM Metric{only} FACET dimensions() LIMIT MAX{inner}"
        );
        format!("SELECT {fold}(`value`) AS '{}' FROM ({newest}){facet}{outer}", query.metric.name)
    };
    let plain = |what: String| {
        format!("SELECT {what} AS '{}' FROM Metric{only}{facet}{outer}", query.metric.name)
    };
    match query.of {
        Of::Sum => folded("sum"),
        Of::Max => folded("max"),
        Of::Min => folded("min"),
        Of::Mean | Of::MeanOfRare => plain(format!("average({name})")),
        Of::PerSecond => plain(format!("rate(sum({name}), 1 second)")),
        Of::Count => plain(format!("rate(sum(getField({name}, count)), 1 second)")),
    }
}
