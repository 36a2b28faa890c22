//! A report for people: as a page with the style sheet, or as the body of a mail, which has to
//! bring its looks with it.

use std::time::Duration;

use super::age::Age;
use super::html::Html;
use crate::view::{
    Amount, Report, ReportCustomer, ReportFigures, ReportIncident, ReportUptime, Took, Uptime,
};

/// For whom it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dress {
    /// A browser that fetches the style sheet.
    Page,
    /// A mail: what looks how stands with each element.
    Mail,
}

/// How something looks: attributes of a page, and of a mail.
struct Look(&'static str, &'static str);

const CARD: Look = Look(
    "<section>",
    "<div style=\"border:1px solid #dde1e7;border-radius:8px;padding:16px;margin:16px 0\">",
);
const TITLE: Look = Look("<h2>", "<h2 style=\"font-size:13px;margin:0 0 8px;color:#5b6675\">");
const NOTE: Look =
    Look("<p class=\"note\">", "<p style=\"color:#5b6675;font-size:13px;margin:4px 0\">");
const TABLE: Look = Look(
    "<div class=\"wide\"><table>",
    "<table style=\"border-collapse:collapse;width:100%;font-size:14px\">",
);
const HEAD: Look = Look(
    "<th scope=\"col\">",
    "<th scope=\"col\" style=\"text-align:left;padding:4px 12px 4px 0;color:#5b6675;font-weight:normal\">",
);
const CELL: Look = Look(
    "<td>",
    "<td style=\"text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-top:1px solid #dde1e7\">",
);

/// What a row of figures is called, and how it is told.
type Row = (&'static str, fn(&ReportFigures) -> String);

/// A report in the making.
struct Writer {
    html: Html,
    dress: Dress,
}

/// Writes a report.
pub(crate) fn render(report: &Report, dress: Dress) -> String {
    let mut it = Writer { html: Html::default(), dress };
    it.begin(report);
    it.figures(&report.figures, &report.before);
    it.incidents(report);
    it.components(&report.components);
    it.customers(&report.customers);
    it.rules(report);
    it.end(report);
    it.html.finish()
}

impl Writer {
    fn look(&mut self, look: &Look) -> &mut Html {
        self.html.raw(if self.dress == Dress::Page { look.0 } else { look.1 })
    }

    fn begin(&mut self, report: &Report) {
        self.html.raw(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">",
        );
        if self.dress == Dress::Page {
            self.html.raw(
                "<meta name=\"color-scheme\" content=\"light dark\">\
                 <link rel=\"stylesheet\" href=\"/style.css\">",
            );
        }
        self.html.raw("<title>").text(headline(report)).raw("</title></head>");
        self.look(&Look(
            "<body><header><h1>",
            "<body style=\"margin:0 auto;max-width:680px;padding:16px;color:#1b2129;background:#ffffff;\
             font-family:system-ui,sans-serif;font-size:15px;line-height:1.5\">\
             <h1 style=\"font-size:20px;margin:0\">",
        ));
        self.html.text(headline(report)).raw("</h1>");
        self.look(&NOTE).text(report.period.from).raw(" to ").text(report.period.until);
        if !report.period.over {
            self.html.raw(", which is not over: up to ").text(report.made_at);
        }
        self.html.raw("</p>");
        self.look(&Look("</header><main>", ""));
    }

    fn card(&mut self, title: &'static str) {
        self.look(&CARD);
        self.look(&TITLE).raw(title).raw("</h2>");
    }

    fn end_card(&mut self) {
        self.look(&Look("</section>", "</div>"));
    }

    fn table(&mut self, heads: &[&'static str]) {
        self.look(&TABLE).raw("<thead><tr>");
        for head in heads {
            self.look(&HEAD).raw(head).raw("</th>");
        }
        self.html.raw("</tr></thead><tbody>");
    }

    fn row(&mut self, cells: &[&str]) {
        self.html.raw("<tr>");
        for cell in cells {
            self.look(&CELL).text(cell).raw("</td>");
        }
        self.html.raw("</tr>");
    }

    fn end_table(&mut self) {
        self.html.raw("</tbody></table>");
        self.look(&Look("</div>", ""));
    }

    fn figures(&mut self, now: &ReportFigures, before: &ReportFigures) {
        self.card("At a glance");
        self.table(&["", "This period", "The one before"]);
        let rows: [Row; 10] = [
            ("Revenue lost", |it| money(&it.revenue_lost)),
            ("Revenue protected", |it| money(&it.revenue_protected)),
            ("Opportunities at risk at any time", |it| money(&it.revenue_at_risk)),
            ("Health score on average", |it| it.health_score.clone().unwrap_or_else(unknown)),
            ("Incidents", |it| it.incidents.to_string()),
            ("Open at the end", |it| it.open_at_end.to_string()),
            ("Time to detect, on average", |it| took(&it.time_to.detect)),
            ("Time to acknowledge, on average", |it| took(&it.time_to.acknowledge)),
            ("Time to repair, on average", |it| took(&it.time_to.repair)),
            ("False alarms among those with a verdict", |it| {
                it.verdicts.false_percent.as_ref().map_or_else(unknown, |it| format!("{it} %"))
            }),
        ];
        for (name, of) in rows {
            self.row(&[name, &of(now), &of(before)]);
        }
        self.end_table();
        self.look(&NOTE).raw(
            "Lost is what components earn by the hour, by the share of it that failed. Protected are \
             opportunities that were at risk and returned to safety, each once; it is never added to \
             what was lost.",
        );
        self.html.raw("</p>");
        self.end_card();
    }

    fn incidents(&mut self, report: &Report) {
        self.card("Incidents");
        if report.incidents.is_empty() {
            self.look(&NOTE).raw("None.</p>");
            return self.end_card();
        }
        self.table(&[
            "Incident",
            "Severity",
            "Detected after",
            "Repaired after",
            "Lost",
            "Verdict",
        ]);
        for it in &report.incidents {
            self.incident(it);
        }
        self.end_table();
        if report.incidents_left_out > 0 {
            self.look(&NOTE).raw("and ").text(report.incidents_left_out).raw(" more.</p>");
        }
        self.end_card();
    }

    fn incident(&mut self, it: &ReportIncident) {
        let title = format!("{} ({}, {})", it.title, it.id, it.opened_at);
        let repaired = it.repaired_after_seconds.map_or_else(|| "open".to_owned(), age);
        let verdict = it.verdict.map_or("none", |it| it.as_str());
        self.row(&[
            &title,
            it.severity.as_str(),
            &age(it.detected_after_seconds),
            &repaired,
            &money(&it.revenue_lost),
            verdict,
        ]);
    }

    fn components(&mut self, all: &[ReportUptime]) {
        self.card("Uptime by component");
        self.table(&["Component", "Up", "Down", "Degraded", "Maintenance", "Not known"]);
        for it in all {
            self.uptime(&it.name, &it.uptime, &[]);
        }
        self.end_table();
        self.end_card();
    }

    fn customers(&mut self, all: &[ReportCustomer]) {
        self.card("Customers");
        if all.is_empty() {
            self.look(&NOTE).raw("The catalog has none that needs any component.</p>");
            return self.end_card();
        }
        self.table(&[
            "Customer",
            "Up",
            "Down",
            "Degraded",
            "Maintenance",
            "Not known",
            "At risk",
            "Protected",
        ]);
        for it in all {
            let more = [money(&it.revenue_at_risk), money(&it.revenue_protected)];
            self.uptime(&it.name, &it.uptime, &more);
        }
        self.end_table();
        self.end_card();
    }

    fn uptime(&mut self, name: &str, it: &Uptime, more: &[String]) {
        let up = it.percent.as_ref().map_or_else(unknown, |it| format!("{it} %"));
        let spans =
            [it.down_seconds, it.degraded_seconds, it.maintenance_seconds, it.unknown_seconds];
        let spans = spans.map(|secs| Age(Duration::from_secs(secs)).to_string());
        let cells = [name, &up].into_iter().chain(spans.iter().map(String::as_str));
        let cells: Vec<&str> = cells.chain(more.iter().map(String::as_str)).collect();
        self.row(&cells);
    }

    fn rules(&mut self, report: &Report) {
        let wrong = || report.rules.iter().filter(|it| it.verdicts.false_ > 0);
        if wrong().next().is_none() {
            return;
        }
        self.card("Rules that alarmed for nothing");
        self.table(&["Rule", "Real", "False", "Duplicate", "No verdict"]);
        for it in wrong() {
            let said = &it.verdicts;
            let counts =
                [said.real, said.false_, said.duplicate, said.open].map(|it| it.to_string());
            let [real, wrong, duplicate, open] = &counts;
            self.row(&[it.rule.as_str(), real, wrong, duplicate, open]);
        }
        self.end_table();
        self.end_card();
    }

    fn end(&mut self, report: &Report) {
        self.look(&Look("</main><footer>", "<p style=\"color:#5b6675;font-size:13px\">"));
        self.html.raw("As of ").text(report.made_at).raw(" · all times in UTC · bellwether");
        self.look(&Look("</footer>", "</p>")).raw("</body></html>");
    }
}

fn headline(report: &Report) -> String {
    let kind = if report.period.name.contains('W') { "Week" } else { "Month" };
    format!("{kind} {}", report.period.name)
}

fn unknown() -> String {
    "not known".to_owned()
}

fn money(amounts: &[Amount]) -> String {
    Amount::sum(amounts).unwrap_or_else(|| "nothing".to_owned())
}

fn took(it: &Took) -> String {
    it.mean_seconds.map_or_else(|| "never".to_owned(), age)
}

/// Writes a time for people; what is below a minute to the tenth of a second.
fn age(seconds: f64) -> String {
    if seconds < 60.0 {
        return format!("{seconds:.1}\u{a0}s");
    }
    Age(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX)).to_string()
}
