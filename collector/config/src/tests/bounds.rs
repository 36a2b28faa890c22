//! Nothing from outside makes it panic, hang or grow without bounds.

use proptest::prelude::*;

use super::*;

/// Reads in every way there is; only what comes out as a value or as problems counts.
fn exercise(text: &str) {
    let Ok(document) = Document::parse("b.yaml", text, &lookup()).map_err(|p| p.render(true))
    else {
        return;
    };
    if let Err(problems) = document.read::<Product>() {
        let text_lines = text.split('\n').count();
        for problem in problems.iter() {
            assert!((1..=text_lines).contains(&problem.place.line), "{problem:?}");
            assert!(problem.place.column >= 1);
        }
        assert!(problems.render(false).ends_with('\n'));
    }
    for (key, section) in document.whole().entries() {
        let _ = (section.read::<Vendor>().is_ok(), document.place_of(key), section.entries().len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,80}") {
        exercise(&text);
    }

    #[test]
    fn anything_like_yaml_is_read_or_refused(
        text in proptest::collection::vec(
            prop_oneof![
                "(slos|rules|probes|labels|level|kind|name|window|api_key|exporters|http|url)",
                "(: |:\n  |:\n    - |- |, |\\{ | \\}|\\[|\\]|\n|\n  |\n    |\t|\r\n)",
                "(\\$\\{env:NAME\\}|\\$\\{|\\$\\$|&a |\\*a|!x |\\| |> |\"|'|#|---\n|\\? |<<)",
                "(threshold|absence|true|5|0\\.5|é|\u{feff}|\u{1f600}|30s|null|~)",
            ],
            0..40,
        )
    ) {
        exercise(&text.concat());
    }

    #[test]
    fn every_mistake_is_reported(wrong in proptest::collection::btree_set((0usize..12, 0usize..4), 1..30)) {
        let mut text = "slos:\n".to_owned();
        for index in 0..12 {
            let is = |field| wrong.contains(&(index, field));
            text += &format!(
                "  - {{ name: {}, objective: {}, window: {}, {}: 1 }}\n",
                if is(0) { "5" } else { "x" },
                if is(1) { "high" } else { "1" },
                if is(2) { "30x" } else { "30s" },
                if is(3) { "prt" } else { "port" },
            );
        }
        let problems = problems(&text);
        let found: std::collections::BTreeSet<_> = problems
            .iter()
            .map(|problem| (problem.place.line - 2, problem.path.to_string()))
            .collect();
        let names = ["name", "objective", "window", "prt"];
        let expected = wrong.iter().map(|(index, field)| (*index, format!("slos[{index}].{}", names[*field])));
        prop_assert_eq!(found, expected.collect());
    }
}

#[test]
fn alias_bombs_are_refused() {
    let mut text = "labels:\n  a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..40 {
        let items = vec![format!("*a{}", level - 1); 10].join(", ");
        text += &format!("  a{level}: &a{level} [{items}]\n");
    }
    let message = problems(&text).to_string();
    assert!(message.contains("more than 100000 values"), "{message}");
}

#[test]
fn deep_nesting_is_refused() {
    let flow = format!("labels: {}", "[".repeat(10_000));
    let block: String = (0..500).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    let mut aliases = "a0: &a0 [x]\n".to_owned();
    for level in 1..200 {
        aliases += &format!("a{level}: &a{level} [*a{}]\n", level - 1);
    }
    for text in [flow, block, aliases] {
        assert_eq!(problems(&text).len(), 1);
    }
}

#[test]
fn a_mistake_in_every_one_of_many_lines_is_reported() {
    let text: String = (0..2_000).map(|line| format!("k{line}: x\n")).collect();
    assert_eq!(problems(&text).len(), 2_000);
}
