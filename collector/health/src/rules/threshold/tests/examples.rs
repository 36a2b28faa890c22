//! The traces that breaches are shown by.

use bellwether_core::ingest::Signal;
use opentelemetry_proto::tonic::trace::v1::Span;
use serde_json::json;

use super::rule;
use crate::testing::otlp::{served, spans};
use crate::testing::play::Play;

impl Play {
    /// Serves a request this second that took so many ms, as a part of a trace.
    fn serve_traced(&mut self, trace: u8, millis: u64, status: i64) {
        let span = served(self.second(), millis, "/x", status);
        let traced = Span { trace_id: vec![trace; 16], ..span };
        self.send(Signal::Traces, &spans("api", vec![traced]));
    }

    fn example(&self) -> Option<String> {
        self.engine.alerts().find_map(|it| it.example).map(|it| it.to_string())
    }
}

fn trace(byte: u8) -> Option<String> {
    Some(format!("{byte:02x}").repeat(16))
}

#[test]
fn a_breach_has_the_trace_of_what_is_bad_and_took_longest() {
    for more in
        [json!({}), json!({ "group_by": ["http.route"] }), json!({ "good": "span.duration < 0.4" })]
    {
        let mut settings = json!({ "above": "5%", "window": "2m" });
        settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut play = Play::new(&[rule(settings.clone())]);
        play.serve_traced(1, 300, 200);
        play.serve_traced(2, 500, 500);
        play.serve_traced(3, 700, 500);
        play.serve_traced(4, 600, 500);
        play.evaluate();
        assert_eq!(play.example(), trace(3), "{settings}");
        play.serve_traced(5, 550, 500);
        play.evaluate();
        assert_eq!(play.example(), trace(3), "{settings}: it took longer");
        play.pass(61);
        play.serve_traced(6, 550, 500);
        play.evaluate();
        assert_eq!(play.example(), trace(6), "{settings}: that was long ago");
    }
}

#[test]
fn of_values_it_is_the_greatest_and_of_too_little_none() {
    for (indicator, limit, wanted) in [
        ("p95", json!({ "above": "500ms" }), trace(2)),
        ("max", json!({ "above": "500ms" }), trace(2)),
        ("p95", json!({ "below": "5s" }), None),
        ("rate", json!({ "above": 0.01 }), None),
    ] {
        let mut settings = json!({ "indicator": indicator });
        settings.as_object_mut().unwrap().extend(limit.as_object().unwrap().clone());
        let mut play = Play::new(&[rule(settings)]);
        play.serve_traced(1, 100, 200);
        play.serve_traced(2, 900, 200);
        play.serve_traced(3, 200, 200);
        play.evaluate();
        assert!(play.fires("r"), "{indicator} {limit}");
        assert_eq!(play.example(), wanted, "{indicator} {limit}");
    }
}
