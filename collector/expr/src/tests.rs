use super::*;

fn signals() -> Vocabulary {
    let names =
        [("span.kind", Kind::Text), ("span.duration", Kind::Double), ("customers", Kind::Texts)];
    Vocabulary::of(names).and_attributes()
}

struct Span;

impl Lookup for Span {
    fn get(&self, name: &str) -> Option<Value<'_>> {
        Some(match name {
            "span.kind" => Value::Text("server"),
            "span.duration" => Value::Double(0.25),
            "http.response.status_code" => Value::Int(404),
            "http.route" => Value::Text("/a/{id}"),
            "http.request.header.x-retry" => Value::Text("1"),
            "retried" => Value::Bool(true),
            "ratio" => Value::Double(f64::NAN),
            _ => return None,
        })
    }
}

fn holds(text: &str) -> Result<bool, Undecided> {
    let condition = compile(text, &signals()).unwrap_or_else(|error| panic!("{text}: {error:?}"));
    condition.holds(&Span)
}

fn refused(text: &str) -> Refusal {
    compile(text, &signals()).err().unwrap_or_else(|| panic!("{text} was taken"))
}

#[test]
fn conditions_over_names_with_dots() {
    for (text, expected) in [
        ("http.response.status_code < 500", true),
        ("http.response.status_code >= 500 || http.route == '/a/{id}'", true),
        ("span.kind == 'server' && !retried", false),
        ("span.duration > 0.2", true),
        ("span.duration > 1", false),
        ("http.response.status_code in [404, 410]", true),
        ("http.route.startsWith('/a') && http.route.matches('^/a/.+$')", true),
        ("http.request.header.`x-retry` == '1'", true),
        ("url.path == null", true),
        ("http.route != null", true),
        ("size(http.route) == 7 ? retried : false", true),
        ("double(http.response.status_code) / 2.0 == 202.0", true),
        ("retried", true),
    ] {
        assert_eq!(holds(text), Ok(expected), "{text}");
    }
}

#[test]
fn what_cannot_be_told_is_told_apart() {
    assert_eq!(holds("url.path == 'x'"), Ok(false));
    assert_eq!(holds("url.port < 500"), Err(Undecided::Absent("url.port".into())));
    assert_eq!(holds("url.port < 500 || retried"), Ok(true));
    assert!(matches!(holds("http.route < 500"), Err(Undecided::Failed(_))));
    // NaN is never bound
    assert_eq!(holds("ratio > 0.5"), Err(Undecided::Absent("ratio".into())));
    assert!(holds("100 / int(http.response.status_code - 404) > 1").is_err());
}

#[test]
fn names_are_checked_when_it_is_loaded() {
    let refusal = refused("span.knid == 'server'");
    assert_eq!(refusal.message, "there is no `span.knid`");
    assert_eq!(refusal.help.as_deref(), Some("did you mean `span.kind`?"));
    let closed = Vocabulary::of([("auth", Kind::Int), ("admin", Kind::Int)]);
    assert!(compile("auth > 1 && admin > 1", &closed).is_ok());
    assert_eq!(
        compile("database > 1", &closed).err().unwrap().help.as_deref(),
        Some("there are auth, admin")
    );
    let condition = compile("a.b == 1 && c.d == 'x' && a.b < 3", &signals()).unwrap();
    assert_eq!(condition.names(), ["a.b", "c.d"]);
}

#[test]
fn any_name_may_stand_below_one() {
    let labels = Vocabulary::of([("severity", Kind::Text)]).and_below("labels");
    assert!(compile("labels.service.name == 'api' && severity != 'low'", &labels).is_ok());
    let refusal = compile("lables.service.name == 'api'", &labels).err().unwrap();
    assert_eq!(refusal.message, "there is no `lables.service.name`");
}

#[test]
fn what_may_run_for_ever_or_is_unknown_is_refused() {
    for (text, part) in [
        ("[1, 2].all(x, x > 0)", "macros (has,"),
        ("has(http.route)", "macros (has,"),
        ("customers.map(c, c)", "macros (has,"),
        ("timestamp('x') > 1", "no function `timestamp`"),
        ("http.route.matches(url.path)", "has to be written out"),
        ("{'a': 1}.a == 1", "no name"),
        ("size(http.route, 1) == 1", "called in another way"),
        ("http.route +", "is no expression"),
        ("", "is no expression"),
        ("customers[0] == 'x'", "no function `_[_]`"),
    ] {
        let refusal = refused(text);
        assert!(refusal.message.contains(part), "{text}: {refusal:?}");
    }
}

#[test]
fn an_expression_is_tried_with_typical_values() {
    for text in ["1 + 1", "span.kind", "span.duration + 'x' == 'y'", "false && 1 + 'a' == 2", "'a'"]
    {
        let message = refused(text).message;
        assert!(message.contains("typical values"), "{text}: {message}");
    }
    assert!(compile("'zebra' in customers", &signals()).is_ok());
}

/// None of these may overflow the stack, which nobody can catch.
#[test]
fn size_and_depth_are_bounded() {
    let long = format!("retried{}", " || retried".repeat(100));
    assert!(refused(&long).message.contains("bytes"));
    let sums = format!("1{} > 1", "+1".repeat(400));
    let chain = format!("a{} == 1", ".f".repeat(480));
    let brackets = format!("{}1{} == 1", "(".repeat(400), ")".repeat(400));
    let calls = format!("{}a{} == 1", "size(".repeat(150), ")".repeat(150));
    let nots = format!("{}retried", "!".repeat(900));
    let minus = format!("{}1 > 1", "-".repeat(900));
    let equals = format!("1{}", " == 1".repeat(200));
    let open = "(".repeat(1_000);
    let lists = format!("{}1{} == 1", "[".repeat(400), "]".repeat(400));
    for text in [sums, calls, equals, open, lists] {
        assert!(compile(&text, &signals()).is_err(), "{text}");
    }
    // brackets and even numbers of signs leave nothing behind
    for text in [brackets, nots, minus] {
        let _ = compile(&text, &signals());
    }
    // a long name is only a name
    let condition = compile(&chain, &signals()).unwrap();
    assert_eq!(condition.holds(&Span), Ok(false));
}
