//! Dashboards as Grafana imports them, over a data source of the kind Prometheus.

use serde_json::{Value, json};

use crate::board::{Board, Good, Of, Panel, Query, STATES, Shape, Tone};
use crate::layout::{Heights, Placed, place};
use crate::promql;

/// Grafana has 24 columns.
const WIDER: u32 = 2;

/// Version of the format that these dashboards are in.
const SCHEMA: u32 = 38;

const HEIGHTS: Heights = Heights { number: 4, chart: 8 };

/// Draws a board.
pub(crate) fn dashboard(board: &Board) -> Value {
    json!({
        "uid": board.id,
        "title": board.title,
        "description": board.about,
        "tags": ["bellwether"],
        "schemaVersion": SCHEMA,
        "editable": true,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": { "from": "now-6h", "to": "now" },
        "timezone": "browser",
        "templating": { "list": [datasource(), instance()] },
        "panels": panels(board),
    })
}

fn datasource() -> Value {
    json!({
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "includeAll": false,
        "multi": false,
    })
}

fn instance() -> Value {
    json!({
        "name": "instance",
        "label": "Collector",
        "type": "query",
        "datasource": source(),
        "query": { "query": "label_values(collector_ready, instance)", "refId": "instance" },
        "refresh": 2,
        "includeAll": true,
        "allValue": ".*",
        "multi": true,
        "current": { "text": ["All"], "value": ["$__all"], "selected": true },
    })
}

fn source() -> Value {
    json!({ "type": "prometheus", "uid": "${datasource}" })
}

fn panels(board: &Board) -> Vec<Value> {
    let (mut all, mut y) = (Vec::new(), 0);
    for row in &board.rows {
        all.push(json!({
            "id": all.len() + 1,
            "type": "row",
            "title": row.title,
            "collapsed": false,
            "gridPos": { "x": 0, "y": y, "w": 24, "h": 1 },
            "panels": [],
        }));
        let (placed, below) = place(row, y + 1, HEIGHTS);
        for it in &placed {
            all.push(drawn(it, all.len() + 1));
        }
        y = below;
    }
    all
}

fn drawn(placed: &Placed<'_>, id: usize) -> Value {
    let panel = placed.panel;
    let (kind, options) = match panel.shape {
        Shape::Number(_) => ("stat", number_options()),
        Shape::Lines => ("timeseries", line_options()),
        Shape::States => ("state-timeline", state_options()),
    };
    let grid = json!({
        "x": placed.x * WIDER, "y": placed.y, "w": panel.width * WIDER, "h": placed.height,
    });
    json!({
        "id": id,
        "type": kind,
        "title": panel.title,
        "description": panel.about,
        "datasource": source(),
        "gridPos": grid,
        "targets": [target(panel)],
        "fieldConfig": { "defaults": defaults(panel), "overrides": [] },
        "options": options,
    })
}

fn target(panel: &Panel) -> Value {
    let (number, expression): (bool, fn(&Query) -> String) = match panel.shape {
        Shape::Number(Good::Zero) => (true, promql::number),
        Shape::Number(_) => (true, promql::expression),
        Shape::Lines | Shape::States => (false, promql::expression),
    };
    json!({
        "refId": "A",
        "datasource": source(),
        "expr": expression(&panel.query),
        "legendFormat": promql::legend(&panel.query),
        "instant": number,
        "range": !number,
    })
}

fn defaults(panel: &Panel) -> Value {
    let unit = unit(&panel.query);
    match panel.shape {
        Shape::Number(good) => json!({
            "unit": unit,
            "noValue": "no data",
            "color": { "mode": "thresholds" },
            "thresholds": { "mode": "absolute", "steps": steps(good) },
        }),
        Shape::Lines => json!({
            "unit": unit,
            "color": { "mode": "palette-classic" },
            "custom": { "lineWidth": 1, "fillOpacity": 8, "showPoints": "never" },
        }),
        Shape::States => json!({
            "color": { "mode": "thresholds" },
            "custom": { "fillOpacity": 80, "lineWidth": 0 },
            "mappings": [{ "type": "value", "options": named_states() }],
        }),
    }
}

fn unit(query: &Query) -> &'static str {
    match (query.metric.unit, query.of) {
        ("s", Of::PerSecond) => "none",
        ("s", Of::Sum | Of::Max | Of::Min | Of::Mean | Of::MeanOfRare) => "s",
        ("By", Of::PerSecond) => "binBps",
        ("By", _) => "bytes",
        (_, Of::PerSecond | Of::Count) => "cps",
        ("{currency}", _) => "locale",
        _ => "none",
    }
}

fn steps(good: Good) -> Value {
    let (fine, poor, bad) = (color(Tone::Good), color(Tone::Fair), color(Tone::Bad));
    match good {
        Good::Any => json!([{ "value": null, "color": color(Tone::Calm) }]),
        Good::Zero => json!([{ "value": null, "color": fine }, { "value": 0.001, "color": bad }]),
        Good::One => json!([{ "value": null, "color": bad }, { "value": 1, "color": fine }]),
        Good::High => json!([
            { "value": null, "color": bad }, { "value": 80, "color": poor }, { "value": 95, "color": fine },
        ]),
    }
}

fn color(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "green",
        Tone::Fair => "yellow",
        Tone::Poor => "orange",
        Tone::Bad => "red",
        Tone::Blind => "purple",
        Tone::Calm => "blue",
    }
}

fn named_states() -> Value {
    let named = STATES.iter().enumerate().map(|(index, (number, text, tone))| {
        (number.to_string(), json!({ "text": text, "color": color(*tone), "index": index }))
    });
    named.collect::<serde_json::Map<_, _>>().into()
}

fn number_options() -> Value {
    json!({
        "reduceOptions": { "values": false, "calcs": ["lastNotNull"], "fields": "" },
        "orientation": "auto",
        "textMode": "auto",
        "colorMode": "value",
        "graphMode": "none",
        "justifyMode": "auto",
    })
}

fn line_options() -> Value {
    json!({
        "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": [] },
        "tooltip": { "mode": "multi", "sort": "desc" },
    })
}

fn state_options() -> Value {
    json!({
        "mergeValues": true,
        "showValue": "never",
        "alignValue": "left",
        "rowHeight": 0.8,
        "legend": { "displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": [] },
        "tooltip": { "mode": "single", "sort": "none" },
    })
}
