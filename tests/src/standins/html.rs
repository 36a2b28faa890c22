//! The frame of the human pages: no scripts, no outside assets, readable on a phone.

use jiff::Timestamp;

use super::{
    otlp::Telemetry,
    record::{Record, Verdict},
};

const STYLE: &str = "
:root{color-scheme:light dark;--line:#8884;--dim:#888}
body{font:16px/1.45 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1rem}
h1{font-size:1.4rem;margin:.2rem 0}h2{font-size:1.1rem;margin:1.6rem 0 .4rem}
small,.dim{color:var(--dim)}
table{border-collapse:collapse;width:100%;font-size:.92rem}
td,th{border-bottom:1px solid var(--line);padding:.35rem .5rem .35rem 0;text-align:left;vertical-align:top;overflow-wrap:anywhere;min-width:4rem}
.wide{overflow-x:auto}.card{border:1px solid var(--line);border-radius:.6rem;margin:.6rem 0;padding:.7rem .9rem}
.state{border-radius:1rem;color:#fff;display:inline-block;font-size:.85rem;padding:.05rem .6rem;white-space:nowrap}
.good{background:#2a8a4a}.info{background:#2d6cdf}.low{background:#a67c00}.mid{background:#c65d00}.bad{background:#c0262d}.none{background:#777}
";

/// Renders a whole page that reloads itself every two seconds.
pub(crate) fn page(name: &str, now: &Timestamp, inside: &str) -> String {
    let name = escape(name);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta http-equiv=\"refresh\" content=\"2\"><title>{name}</title>\
         <style>{STYLE}</style></head><body><h1>What {name} shows now</h1>\
         <small>a local stand-in, not the vendor; {} UTC; \
         <a href=\"/_standin/state\">state</a>, <a href=\"/_standin/records\">records</a>, \
         <a href=\"/_standin/faults\">faults</a> as JSON</small>{inside}</body></html>",
        clock(now)
    )
}

/// Renders a table; the cells are HTML already.
pub(crate) fn table(headings: &[&str], rows: &[Vec<String>]) -> String {
    if rows.is_empty() {
        return "<p class=\"dim\">nothing yet</p>".to_owned();
    }
    let head: String = headings.iter().map(|cell| format!("<th>{cell}</th>")).collect();
    let body: String = rows
        .iter()
        .map(|row| {
            let cells: String = row.iter().map(|cell| format!("<td>{cell}</td>")).collect();
            format!("<tr>{cells}</tr>")
        })
        .collect();
    format!("<div class=\"wide\"><table><tr>{head}</tr>{body}</table></div>")
}

/// Renders a coloured word; `colour` is one of good, info, low, mid, bad, none.
pub(crate) fn badge(colour: &str, word: &str) -> String {
    format!("<span class=\"state {colour}\">{}</span>", escape(word))
}

/// Renders the time of day, to the second.
pub(crate) fn clock(at: &Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Makes text safe inside HTML.
pub(crate) fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Renders what each service has sent.
pub(crate) fn services(telemetry: &Telemetry) -> String {
    let rows: Vec<Vec<String>> = telemetry
        .counts()
        .iter()
        .map(|(service, counts)| {
            vec![
                escape(service),
                counts.spans.to_string(),
                counts.metric_points.to_string(),
                counts.log_records.to_string(),
            ]
        })
        .collect();
    let headings = ["service", "spans", "metric points", "log records"];
    format!("<h2>Telemetry</h2>{}", table(&headings, &rows))
}

/// Renders requests, newest first.
pub(crate) fn requests(records: &[Record]) -> String {
    let rows: Vec<Vec<String>> = records.iter().rev().map(request).collect();
    table(&["time", "request", "answer", "remark"], &rows)
}

fn request(record: &Record) -> Vec<String> {
    let colour = match record.verdict {
        Verdict::Accepted => "good",
        Verdict::Partial => "low",
        Verdict::Refused => "bad",
        Verdict::Faulted => "none",
    };
    let mut remarks: Vec<String> = record.reason.iter().chain(&record.warnings).cloned().collect();
    remarks.extend(record.fault.iter().map(|fault| format!("fault {fault}")));
    vec![
        record.at.strftime("%H:%M:%S").to_string(),
        format!("{} {}", escape(&record.method), escape(&record.path)),
        badge(colour, &record.status.to_string()),
        escape(&remarks.join("; ")),
    ]
}
