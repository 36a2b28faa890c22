//! Links out of the dashboard to where traces are kept.

use axum::Json;
use axum::extract::Extension;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Door;

/// What a URL may say in braces.
const PLACEHOLDERS: [&str; 6] = ["service", "trace", "from", "until", "from_us", "until_us"];

/// Where traces are looked at: an entry of `extensions.dashboard.trace_links`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TraceLink {
    /// What people call it, such as `Jaeger`.
    pub name: String,
    /// Its URL, in which `{service}`, `{from}` and `{until}` (milliseconds since 1970), `{from_us}` and
    /// `{until_us}` (microseconds) stand for what is looked at. One with `{trace}` leads to a single
    /// trace, by its id. Other braces are written `%7B` and `%7D`.
    pub url: String,
}

impl TraceLink {
    /// Returns what is wrong with it: the key, what it is, and what to do.
    fn flaws(&self) -> Vec<(&'static str, String, String)> {
        let mut flaws = Vec::new();
        if self.name.trim().is_empty() {
            flaws.push((
                "name",
                "`name` is empty".to_owned(),
                "write what people call it".to_owned(),
            ));
        }
        // a browser would run what begins otherwise
        if !self.url.starts_with("https://") && !self.url.starts_with("http://") {
            let help = "write a URL that begins with `https://` or `http://`".to_owned();
            flaws.push(("url", "`url` is no address of a page".to_owned(), help));
        }
        let named = self.url.split('{').skip(1).filter_map(|it| it.split('}').next());
        for name in named.filter(|it| !PLACEHOLDERS.contains(it)) {
            let help = format!("there are {{{}}}", PLACEHOLDERS.join("}, {"));
            flaws.push(("url", format!("nothing is known of `{{{name}}}`"), help));
        }
        flaws
    }
}

/// Returns what is wrong with links: the path below `trace_links`, what it is, and what to do.
pub(crate) fn flaws(links: &[TraceLink]) -> Vec<(String, String, String)> {
    let of = |(at, link): (usize, &TraceLink)| {
        let below = |(key, message, help)| (format!("trace_links[{at}].{key}"), message, help);
        link.flaws().into_iter().map(below).collect::<Vec<_>>()
    };
    links.iter().enumerate().flat_map(of).collect()
}

/// Where traces are looked at.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct TraceLinks {
    /// As configured.
    links: Vec<TraceLink>,
}

pub(crate) async fn links(Extension(door): Extension<Door>) -> Json<TraceLinks> {
    Json(TraceLinks { links: door.trace_links().to_vec() })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wrong(name: &str, url: &str) -> Vec<String> {
        let link = TraceLink { name: name.to_owned(), url: url.to_owned() };
        let flaw = |(path, message, _): (String, String, String)| format!("{path}: {message}");
        flaws(&[link]).into_iter().map(flaw).collect()
    }

    #[test]
    fn what_no_browser_should_open_or_nobody_can_fill_in_is_a_mistake() {
        let jaeger =
            "http://127.0.0.1:16686/search?service={service}&start={from_us}&end={until_us}";
        assert_eq!(wrong("Jaeger", jaeger), [""; 0]);
        assert_eq!(
            wrong("Tempo", "https://grafana.example/explore?panes=%7B%7D&from={from}"),
            [""; 0]
        );
        assert_eq!(wrong(" ", "https://a.example"), ["trace_links[0].name: `name` is empty"]);
        for url in ["javascript:alert(1)", "//a.example", "ftp://a.example"] {
            assert_eq!(
                wrong("a", url),
                ["trace_links[0].url: `url` is no address of a page"],
                "{url}"
            );
        }
        assert_eq!(wrong("Jaeger", "http://127.0.0.1:16686/trace/{trace}"), [""; 0]);
        let unknown = wrong("a", "https://a.example/{span}/{");
        assert_eq!(
            unknown,
            [
                "trace_links[0].url: nothing is known of `{span}`",
                "trace_links[0].url: nothing is known of `{}`"
            ]
        );
    }
}
