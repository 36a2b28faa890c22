//! What Prometheus says of a story: `promtool test rules`, which is told how the alerts should
//! stand, and says where they do not.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use super::ours::value;
use super::{Family, Phases, Rule, Story};

/// Stands where an alert is not held against theirs.
pub(super) const NOT_HELD: char = '~';

/// Has Prometheus run the stories and hold its alerts against what is told of them.
///
/// # Errors
/// Returns what `promtool` says of those that stand otherwise.
pub(super) fn check(family: &Family, stories: &[Story], told: &[Phases]) -> Result<(), String> {
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let promtool = project.join(".cache/promtool/promtool");
    assert!(promtool.is_file(), "promtool is missing: run `scripts/setup promtool`");
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("rules.yaml", &rules(family));
    write("test.yaml", &tests(family, stories, told));
    let mut command = Command::new(promtool);
    let output = command.args(["test", "rules", "test.yaml"]).current_dir(folder.path()).output();
    let output = output.unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    if output.status.success() {
        assert!(said.contains("SUCCESS"), "{said}");
        return Ok(());
    }
    assert!(said.contains("FAILED") && said.contains("exp:"), "promtool cannot be asked: {said}");
    Err(said.chars().take(2_000).collect())
}

fn rules(family: &Family) -> String {
    let mut text = "groups:\n  - name: rules\n    rules:\n".to_owned();
    for Rule { name, expr, hold, keep, .. } in &family.rules {
        writeln!(text, "      - alert: {name}\n        expr: >-\n          {expr}").unwrap();
        writeln!(text, "        for: {}s", hold.as_secs()).unwrap();
        writeln!(text, "        keep_firing_for: {}s", keep.as_secs()).unwrap();
    }
    text
}

fn tests(family: &Family, stories: &[Story], told: &[Phases]) -> String {
    let (every, evaluated) = (family.every.as_secs(), family.evaluated.as_secs());
    let mut text = format!("rule_files: [rules.yaml]\nevaluation_interval: {evaluated}s\ntests:\n");
    for (story, told) in stories.iter().zip(told) {
        writeln!(text, "  - interval: {every}s\n    input_series:").unwrap();
        for series in &story.series {
            let values = series.values.iter().map(value).collect::<Vec<_>>().join(" ");
            writeln!(text, "      - series: '{}'\n        values: '{values}'", series.theirs)
                .unwrap();
        }
        writeln!(text, "    promql_expr_test:").unwrap();
        for ((rule, shop), letters) in told {
            for (at, letter) in letters.chars().enumerate() {
                if letter != NOT_HELD {
                    expect(&mut text, rule, shop, evaluated * at as u64, letter);
                }
            }
        }
    }
    text
}

fn expect(text: &mut String, rule: &str, shop: &str, seconds: u64, letter: char) {
    let alerts = format!(r#"ALERTS{{alertname="{rule}",shop="{shop}"}}"#);
    let samples = match letter {
        'p' => r#"[{ labels: '{alertstate="pending"}', value: 1 }]"#,
        'f' => r#"[{ labels: '{alertstate="firing"}', value: 1 }]"#,
        _ => "[]",
    };
    writeln!(
        text,
        "      - {{ expr: 'max by (alertstate) ({alerts})', eval_time: {seconds}s, exp_samples: {samples} }}"
    )
    .unwrap();
}
