use serde_json::json;

use super::*;

fn login() -> serde_json::Value {
    json!({
        "customer": "zebra", "components": ["auth", "admin"],
        "credentials": { "username": "zebra-probe", "password": "s3cret" },
        "steps": [
            {
                "name": "log in",
                "request": { "method": "post", "url": "https://api.example/login", "json": { "user": "{{username}}", "words": ["{{password}}", 1] } },
                "expect": { "status": 200 },
                "extract": { "token": "$.access_token" }
            },
            {
                "name": "open admin",
                "request": { "url": "https://api.example/admin", "headers": { "authorization": "Bearer {{token}}" } },
                "expect": { "status": [200, 204], "json": { "$.ok": true } }
            }
        ]
    })
}

fn read(value: serde_json::Value) -> (Journey, Vec<String>) {
    let (journey, flaws) = check("j".into(), serde_json::from_value(value).unwrap());
    (journey, flaws.into_iter().map(|it| format!("{}: {}", it.path, it.message)).collect())
}

#[test]
fn a_journey_is_read_with_its_defaults() {
    let (journey, flaws) = read(login());
    assert_eq!(flaws, [""; 0]);
    assert_eq!((journey.every.as_secs(), journey.timeout.as_secs()), (60, 10));
    let [first, second] = journey.steps.as_slice() else { panic!("two steps") };
    assert_eq!((first.request.method.as_str(), second.request.method.as_str()), ("POST", "GET"));
    assert!(second.expect.takes_status(204) && !second.expect.takes_status(201));
    assert!(Expect::default().takes_status(201) && !Expect::default().takes_status(302));

    let values = |name: &str| journey.credentials.get(name).map(Secret::expose);
    let Body::Json(body) = &first.request.body else { panic!("a JSON body") };
    let sent = json!({ "user": "zebra-probe", "words": ["s3cret", 1] });
    assert_eq!(body.render(&values), Some(sent));
}

#[test]
fn what_is_secret_is_not_shown() {
    let mut raw = login();
    raw["steps"][1]["request"]["headers"]["x-key"] = "k-4711".into();
    let shown = format!("{:?}", read(raw).0);
    assert!(!shown.contains("s3cret") && !shown.contains("k-4711"), "{shown}");
}

#[test]
fn every_flaw_is_told_at_once() {
    let mut raw = login();
    raw["every"] = "0s".into();
    raw["components"] = json!([]);
    raw["steps"][0]["request"] = json!({
        "method": "GET it", "url": "api.example/{{token}}", "body": "{{oops", "form": { "a": "{{password}}" },
    });
    raw["steps"][1]["expect"]["status"] = json!([200, 999]);
    raw["steps"][1]["request"]["headers"]["x"] = "{{tokn}}".into();
    let (_, mut flaws) = read(raw);
    flaws.sort();
    assert_eq!(
        flaws,
        [
            "journeys.j.components: a journey through no component tells nothing",
            "journeys.j.every: nothing is walked every 0s",
            "journeys.j.steps[0].request.method: this is no method of HTTP",
            "journeys.j.steps[0].request.url: nothing is called `token` here",
            "journeys.j.steps[0].request.url: this is no address of HTTP",
            "journeys.j.steps[0].request: `json`, `form` and `body` cannot stand together",
            "journeys.j.steps[1].expect.status: this is no status code of HTTP",
            "journeys.j.steps[1].request.headers.x: nothing is called `tokn` here",
        ]
    );
}
