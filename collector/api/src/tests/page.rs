//! The page for people.

use axum::http::{Method, StatusCode};
use bellwether_core::reason::Reason;
use bellwether_core::state::ComponentState;

use super::memory::Memory;
use super::samples::snapshot;
use super::{api_over, send, text};
use crate::page::{STYLE, render};
use crate::view::Snapshot;

/// What somebody who sends telemetry would like to have run in our browser.
const HOSTILE: &str = "</td><script>alert('x')</script><img src=\"x\" onerror=alert(1)>&amp;";

/// Puts the hostile text into every text of a snapshot.
fn hostile() -> Snapshot {
    let mut snapshot = snapshot();
    let evil = || HOSTILE.to_owned();
    snapshot.collector.version = evil();
    snapshot.collector.problems = vec![evil()];
    snapshot.collector.warnings = vec![evil()];
    for it in &mut snapshot.components {
        (it.id, it.name) = (HOSTILE.into(), evil());
        it.reasons = vec![
            (&Reason::StartupAborted {
                source: bellwether_core::facts::Source {
                    service: HOSTILE.into(),
                    version: HOSTILE.into(),
                    instance: HOSTILE.into(),
                },
                checks: vec![evil()],
            })
                .into(),
        ];
    }
    for it in &mut snapshot.impact.opportunities {
        (it.name, it.customer_name) = (evil(), evil());
        it.because = vec![HOSTILE.into()];
    }
    for amount in &mut snapshot.impact.revenue_at_risk {
        amount.amount = evil();
    }
    let impact = snapshot.impact.clone();
    for it in &mut snapshot.incidents {
        (it.id, it.title, it.component_name) = (HOSTILE.into(), evil(), evil());
        (it.causes, it.impact) = (vec![evil()], impact.clone());
        it.impact.customers = vec![evil()];
    }
    for it in &mut snapshot.services {
        it.name = HOSTILE.into();
        for it in &mut it.instances {
            (it.id, it.version) = (HOSTILE.into(), HOSTILE.into());
        }
    }
    for it in &mut snapshot.destinations {
        it.name = HOSTILE.into();
        if let Some(stream) = &mut it.notices {
            stream.why = Some(evil());
        }
    }
    snapshot
}

#[test]
fn nothing_that_was_sent_becomes_markup() {
    let page = render(&hostile(), true);
    assert!(page.matches("&lt;/td&gt;&lt;script&gt;alert(&#39;x&#39;)").count() > 20, "{page}");
    for bad in ["<script", "<img", "alert('x')", "src=\"x\""] {
        assert!(!page.contains(bad), "{bad}");
    }
}

#[tokio::test]
async fn the_page_is_html_without_script() {
    let (api, _hand) = api_over(snapshot(), Memory::default());
    let response = send(&api, Method::GET, "/plain").await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/html; charset=utf-8");
    let page = text(response).await;
    assert!(!page.contains("<script") && !page.contains("style=") && !page.contains("http://"));
    let response = send(&api, Method::GET, "/style.css").await;
    assert_eq!(response.headers()["content-type"], "text/css; charset=utf-8");
    assert_eq!(text(response).await, STYLE);
}

#[test]
fn the_story_can_be_read() {
    let page = render(&snapshot(), false).replace("><", ">\n<");
    insta::assert_snapshot!(page);
}

#[test]
fn empty_and_starting_look_like_it() {
    let page = render(&Snapshot::default(), true);
    for part in [
        "Not everything is known yet",
        "It is starting: nothing was evaluated yet.",
        "class=\"money none\">Nothing",
        "The catalog has no components.",
        "No service has reported yet.",
        "None is configured.",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
}

#[test]
fn the_headline_says_how_many() {
    let mut snapshot = snapshot();
    assert!(render(&snapshot, true).contains("1 component is not well"));
    snapshot.components[0].effective = ComponentState::DegradedPerformance;
    assert!(render(&snapshot, true).contains("2 components are not well"));
    for it in &mut snapshot.components {
        it.effective = ComponentState::Operational;
    }
    assert!(render(&snapshot, true).contains("All components operational"));
    snapshot.components[0].effective = ComponentState::Unknown;
    assert!(render(&snapshot, true).contains("Not everything is known yet"));
}
