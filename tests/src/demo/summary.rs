//! The story as a table: a column for each version.

use crate::harness::process::Answer;

/// How far the table stands in.
const INDENT: &str = "  ";

/// The table while it grows.
#[derive(Default)]
pub(super) struct Summary {
    columns: Vec<Vec<(String, String)>>,
}

impl Summary {
    /// Begins the column of a version with what it answered and what the collector said.
    pub(super) fn column(&mut self, version: &str, answers: &[Answer], state: &str, risk: &str) {
        let mut column = vec![(String::new(), version.to_owned())];
        let rows = answers.iter().map(|it| (it.request.to_owned(), it.status.to_string()));
        column.extend(rows);
        column.push(("Bellwether: admin".to_owned(), state.to_owned()));
        column.push(("revenue at risk".to_owned(), risk.to_owned()));
        self.columns.push(column);
    }

    /// Adds what the vendors showed to the newest column.
    pub(super) fn vendors(&mut self, datadog: &str, newrelic: &str, statuspage: &str) {
        let shown = [("Datadog", datadog), ("New Relic", newrelic), ("Statuspage", statuspage)];
        if let Some(column) = self.columns.last_mut() {
            column.extend(shown.map(|(vendor, text)| (vendor.to_owned(), text.to_owned())));
        }
    }

    /// Returns the lines of the table.
    pub(super) fn rows(&self) -> Vec<String> {
        let Some(first) = self.columns.first() else { return Vec::new() };
        let widest = |texts: &mut dyn Iterator<Item = &String>| {
            texts.map(|text| text.chars().count()).max().unwrap_or(0)
        };
        let labels = widest(&mut first.iter().map(|(label, _)| label));
        let widths: Vec<usize> = self
            .columns
            .iter()
            .map(|column| widest(&mut column.iter().map(|(_, text)| text)))
            .collect();
        let row = |number: usize, label: &str| {
            let mut line = format!("{INDENT}{label:labels$}");
            for (column, width) in self.columns.iter().zip(&widths) {
                let text = column.get(number).map_or("", |(_, text)| text);
                line.push_str(&format!("   {text:width$}"));
            }
            line.trim_end().to_owned()
        };
        first.iter().enumerate().map(|(number, (label, _))| row(number, label)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut summary = Summary::default();
        let answers = [Answer { request: "GET /health", status: 200 }];
        summary.column("version 1", &answers, "operational", "nothing");
        summary.vendors("no alert", "no event", "operational");
        summary.column("version 2", &answers, "major_outage, 1.2 s", "925,000 GBP");
        let rows = summary.rows();
        assert_eq!(rows[0], "                      version 1     version 2");
        assert_eq!(rows[1], "  GET /health         200           200");
        assert_eq!(rows[2], "  Bellwether: admin   operational   major_outage, 1.2 s");
        assert_eq!(rows[6], "  Statuspage          operational");
    }
}
