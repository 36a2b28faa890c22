//! Dashboards as `POST /api/v1/dashboard` of Datadog takes them.

use serde_json::{Value, json};

use crate::board::{Board, Good, Of, Query, Shape};
use crate::layout::{Heights, Placed, place};

const HEIGHTS: Heights = Heights { number: 2, chart: 3 };

/// The heading of a group takes one line.
const HEADING: u32 = 1;

/// Draws a board.
pub(crate) fn dashboard(board: &Board) -> Value {
    json!({
        "title": board.title,
        "description": board.about,
        "layout_type": "ordered",
        "reflow_type": "fixed",
        "template_variables": [],
        "widgets": groups(board),
    })
}

fn groups(board: &Board) -> Vec<Value> {
    let mut y = 0;
    let group = |row| {
        let (placed, height) = place(row, 0, HEIGHTS);
        let here = json!({ "x": 0, "y": y, "width": 12, "height": height + HEADING });
        y += height + HEADING;
        json!({
            "definition": {
                "type": "group",
                "layout_type": "ordered",
                "title": row.title,
                "widgets": placed.iter().map(widget).collect::<Vec<_>>(),
            },
            "layout": here,
        })
    };
    board.rows.iter().map(group).collect()
}

fn widget(placed: &Placed<'_>) -> Value {
    let panel = placed.panel;
    let definition = match panel.shape {
        // numbers that are told apart, such as money in several currencies, are not to be added up
        Shape::Number(good) if !panel.query.by.is_empty() => json!({
            "type": "toplist",
            "title": panel.title,
            "description": panel.about,
            "requests": [request(&panel.query, Some(good))],
        }),
        Shape::Number(good) => json!({
            "type": "query_value",
            "title": panel.title,
            "description": panel.about,
            "autoscale": true,
            "precision": 2,
            "requests": [request(&panel.query, Some(good))],
        }),
        Shape::Lines | Shape::States => json!({
            "type": "timeseries",
            "title": panel.title,
            "description": panel.about,
            "show_legend": true,
            "requests": [request(&panel.query, None)],
        }),
    };
    json!({
        "definition": definition,
        "layout": {
            "x": placed.x, "y": placed.y, "width": panel.width, "height": placed.height,
        },
    })
}

fn request(query: &Query, number: Option<Good>) -> Value {
    let mut asked = json!({ "data_source": "metrics", "name": "q1", "query": expression(query) });
    if number.is_some() {
        asked["aggregator"] = "last".into();
    }
    let mut request = json!({
        "response_format": if number.is_some() { "scalar" } else { "timeseries" },
        "queries": [asked],
        "formulas": [{ "formula": "q1" }],
    });
    match number {
        Some(Good::Any) => {}
        Some(good) => request["conditional_formats"] = formats(good),
        None => request["display_type"] = "line".into(),
    }
    request
}

/// Asks Datadog.
fn expression(query: &Query) -> String {
    let scope =
        query.only.map_or_else(|| "*".to_owned(), |(name, value)| format!("{name}:{value}"));
    let by =
        if query.by.is_empty() { String::new() } else { format!(" by {{{}}}", query.by.join(",")) };
    let asked = |fold: &str| format!("{fold}:{}{{{scope}}}{by}", query.metric.name);
    match query.of {
        Of::Sum => asked("sum"),
        Of::Max => asked("max"),
        Of::Min => asked("min"),
        Of::Mean | Of::MeanOfRare => asked("avg"),
        Of::PerSecond => format!("{}.as_rate()", asked("sum")),
        Of::Count => format!("{}.as_rate()", asked("count")),
    }
}

fn formats(good: Good) -> Value {
    let format = |comparator: &str, value: f64, palette: &str| json!({ "comparator": comparator, "value": value, "palette": palette });
    let (fine, poor, bad) = ("white_on_green", "white_on_yellow", "white_on_red");
    match good {
        Good::Any => json!([]),
        Good::Zero => json!([format(">", 0.0, bad), format("<=", 0.0, fine)]),
        Good::One => json!([format("<", 1.0, bad), format(">=", 1.0, fine)]),
        Good::High => {
            json!([format("<", 80.0, bad), format("<", 95.0, poor), format(">=", 95.0, fine)])
        }
    }
}
