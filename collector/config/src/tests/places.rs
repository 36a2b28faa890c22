//! Places are exact, in lines and columns from 1.

use super::*;

const TEXT: &str = "\
# é
slos:
  - name: \"ä\"
    objective: 1
labels: { a: x, \"b.c\": { d: [1,
  2] } }
";

#[test]
fn every_value_has_its_place() {
    let document = Document::parse("b.yaml", TEXT, &Lookup::none()).unwrap();
    for (path, line, column) in [
        ("", 2, 1),
        ("slos", 2, 1),
        ("slos[0]", 3, 5),
        ("slos[0].name", 3, 11),
        ("slos[0].objective", 4, 16),
        ("slos[0].window", 3, 5),
        ("slos[7].name", 2, 1),
        ("labels.a", 5, 14),
        ("labels.\"b.c\"", 5, 17),
        ("labels.\"b.c\".d[0]", 5, 30),
        ("labels.\"b.c\".d[1]", 6, 3),
        ("nowhere.at.all", 2, 1),
    ] {
        let place = document.place_of(path);
        assert_eq!((place.line, place.column), (line, column), "{path}");
    }
    assert_eq!(document.place_of("labels.a").to_string(), "b.yaml:5:14");
}

#[test]
fn a_later_check_points_at_values() {
    let document = Document::parse("b.yaml", TEXT, &Lookup::none()).unwrap();
    let _ = document.read::<Product>();
    let problem = document.problem("slos[0].objective", "too good to be true", None);
    let rendered = Problems::from(problem).render(false);
    insta::assert_snapshot!(rendered);
}

#[test]
fn windows_line_ends_and_tabs_do_not_move_places() {
    let text = "strict: true\r\nlabels:\r\n  a:\t5\r\n";
    let problems = problems(text);
    let place = &problems.iter().next().unwrap().place;
    assert_eq!((place.line, place.column), (3, 6));
    assert!(!problems.render(false).contains('\r'));
}

#[test]
fn blocks_have_places_too() {
    let text = "labels:\n  a: |\n    one\n    two\n  b: >-\n    three\n  c: 5\n";
    let document = Document::parse("b.yaml", text, &Lookup::none()).unwrap();
    for (path, line, column) in [("labels.a", 3, 5), ("labels.b", 6, 5), ("labels.c", 7, 6)] {
        let place = document.place_of(path);
        assert_eq!((place.line, place.column), (line, column), "{path}");
    }
}

#[test]
fn what_a_type_refuses_elsewhere_finds_its_place_and_tells_no_secret() {
    let text = "a: { every: 30x, site: 30s, page_id: \"${env:TOKEN}\", bad-name: x }";
    let document = Document::parse("b.yaml", text, &lookup()).unwrap();
    for (message, column, path, shown) in [
        ("`30x` is not a duration", 13, "a.every", "`30x` is not a duration"),
        ("`bad-name` is no key", 54, "a.bad-name", "`bad-name` is no key"),
        ("`tok-5eCr3t` is odd", 38, "a.page_id", "`${env:TOKEN}` is odd"),
        ("nothing is quoted", 1, "a", "nothing is quoted"),
    ] {
        let problem = document.refusal("a", message);
        let found = (problem.place.column, problem.path.to_string(), problem.message);
        assert_eq!(found, (column, path.to_owned(), shown.to_owned()));
    }
    let problem = document.problem("a.page_id", "tok-5eCr3t is odd", None);
    assert_eq!(problem.message, "${env:TOKEN} is odd");
}
