//! The OpenAPI document, made from the table of routes and the types that it answers.

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use crate::access::Access;
use crate::error::Problem;
use crate::live::Message;
use crate::range;
use crate::routes::{MOST, USUAL};
use crate::table::{Answer, Query, Route, TABLE};

/// How a table names a type without naming it.
pub(crate) type SchemaOf = fn(&mut SchemaGenerator) -> Schema;

/// Returns the schema of a type, which goes among the named ones.
pub(crate) fn schema_of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Makes the document.
pub(crate) fn document() -> Value {
    // what is answered, and what is sent: each in its own words, which differ in what has to be there
    let named = |it: &mut SchemaSettings| it.definitions_path = "/components/schemas".into();
    let mut answers = SchemaSettings::draft2020_12().for_serialize().with(named).into_generator();
    let mut bodies = SchemaSettings::draft2020_12().with(named).into_generator();
    let problem = answers.subschema_for::<Problem>();
    // no route answers it; whoever opens a socket reads it
    let _ = answers.subschema_for::<Message<'_>>();
    let mut paths = Map::new();
    for route in TABLE.iter().filter(|it| it.answer.is_documented()) {
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        path[route.verb.as_str().to_lowercase()] =
            operation(route, &mut answers, &mut bodies, &problem);
    }
    let mut schemas = bodies.take_definitions(true);
    schemas.extend(answers.take_definitions(true));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Bellwether",
            "description": "What a collector knows, and what people do about it. See docs/api.md.",
            "version": "1",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "cookie": { "type": "apiKey", "in": "cookie", "name": crate::access::COOKIE },
            },
        },
    })
}

fn operation(
    route: &Route,
    answers: &mut SchemaGenerator,
    bodies: &mut SchemaGenerator,
    problem: &Schema,
) -> Value {
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "responses": responses(route, answers, problem),
        "x-role": route.access.as_str(),
    });
    if matches!(route.access, Access::Role(_)) {
        operation["security"] = json!([{ "token": [] }, { "cookie": [] }]);
    }
    let parameters = parameters(route);
    if !parameters.is_empty() {
        operation["parameters"] = Value::Array(parameters);
    }
    if let Some(body) = route.body {
        operation["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": body(bodies) } },
        });
    }
    operation
}

/// Makes a name such as `get_incidents_id` of a method and a path.
fn operation_id(route: &Route) -> String {
    let path = route.path.trim_start_matches("/api/v1");
    let letters = |c: char| !c.is_ascii_alphanumeric();
    let words = path.split(letters).filter(|it| !it.is_empty());
    let begin = route.verb.as_str().to_lowercase();
    let words: Vec<&str> = std::iter::once(begin.as_str()).chain(words).collect();
    words.join("_")
}

fn parameters(route: &Route) -> Vec<Value> {
    let in_path = route.path.split('/').filter_map(|it| it.strip_prefix('{')?.strip_suffix('}'));
    let in_path = in_path.map(|name| {
        json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } })
    });
    in_path.chain(route.query.iter().map(|it| parameter(*it))).collect()
}

fn parameter(query: Query) -> Value {
    let whole =
        |least: u64, most: u64| json!({ "type": "integer", "minimum": least, "maximum": most });
    let usual = |mut schema: Value, usual: u32| {
        schema["default"] = usual.into();
        schema
    };
    let moment = json!({ "type": "string", "format": "date-time" });
    let text = json!({ "type": "string" });
    let (name, description, schema) = match query {
        Query::Limit => ("limit", "How many at most.", usual(whole(1, MOST.into()), USUAL)),
        Query::After => {
            let most = 9_007_199_254_740_991;
            ("after", "The number of the newest message that is known.", whole(0, most))
        }
        Query::From => ("from", "When the period begins: a day before its end unless set.", moment),
        Query::Until => ("until", "When the period ends: now unless set.", moment),
        Query::Points => {
            let most = u64::from(range::MOST_POINTS);
            ("points", "How many steps at most.", usual(whole(2, most), range::USUAL_POINTS))
        }
        Query::Months => {
            let most = u64::from(range::MOST_MONTHS);
            (
                "months",
                "How many months, the present one with them.",
                usual(whole(1, most), range::USUAL_MONTHS),
            )
        }
        Query::Name => ("name", "Which series, such as `monitor:api:login`.", text),
        Query::Prefix => ("prefix", "Only those that begin so, such as `rule:`.", text),
        Query::Rule => ("rule", "Only those of this rule.", text),
        Query::Incident => ("incident", "Only those about this incident.", text),
        Query::Destination => ("destination", "Only those to this destination.", text),
        Query::By => ("by", "As the link has it.", text),
        Query::End => ("until", "As the link has it.", text),
        Query::Proof => ("proof", "As the link has it.", text),
    };
    let required = matches!(query, Query::Name | Query::By | Query::End | Query::Proof);
    json!({
        "name": name, "in": "query", "description": description, "required": required, "schema": schema,
    })
}

fn responses(route: &Route, generator: &mut SchemaGenerator, problem: &Schema) -> Value {
    let mut all = Map::new();
    let (status, good) = match route.answer {
        Answer::Json(schema) => {
            let content = json!({ "application/json": { "schema": schema(generator) } });
            (200, json!({ "description": "As asked for.", "content": content }))
        }
        Answer::Text(kind) => {
            let content = json!({ kind: { "schema": { "type": "string" } } });
            (200, json!({ "description": "As asked for.", "content": content }))
        }
        Answer::Nothing | Answer::Grpc | Answer::Page => (204, json!({ "description": "Done." })),
        Answer::Socket => {
            let why = "A WebSocket. What is sent over it is a LiveMessage each.";
            (101, json!({ "description": why }))
        }
    };
    all.insert(status.to_string(), good);
    let content = match (route.access, route.answer) {
        (Access::Link(_), Answer::Text(kind)) => {
            json!({ kind: { "schema": { "type": "string" } } })
        }
        _ => json!({ "application/json": { "schema": problem } }),
    };
    for (status, why) in refusals(route) {
        let refusal = json!({ "description": why, "content": content });
        all.entry(status.to_string()).or_insert(refusal);
    }
    if route.unready {
        let why = "Not ready: the same, and why.";
        let mut unready = all.get("200").cloned().unwrap_or_default();
        unready["description"] = why.into();
        all.insert("503".to_owned(), unready);
    }
    Value::Object(all)
}

/// Returns what else a route answers, and why.
fn refusals(route: &Route) -> Vec<(u16, &'static str)> {
    let in_path = route.path.contains('{');
    if matches!(route.access, Access::Link(_)) {
        return by_link(route);
    }
    let mut all = Vec::new();
    if !route.query.is_empty() || route.body.is_some() || in_path {
        all.push((400, "What was asked or sent is wrong."));
    }
    if route.access != Access::Anyone || route.body.is_some() {
        all.push((401, "Nobody knows who asks."));
        all.push((429, "Too often."));
    }
    if route.access != Access::Anyone || route.verb != crate::table::Verb::Get {
        all.push((403, "Who asks may not, or asks from a page of another origin."));
    }
    if route.act {
        all.push((409, "It cannot be done as asked."));
    }
    // what an act is about may stand in its body, too
    if in_path || route.act {
        all.push((404, "There is no such thing."));
    }
    if route.body.is_some() {
        all.push((408, "What was sent did not come in time."));
        all.push((413, "What was sent is too long."));
        all.push((415, "What was sent is not JSON."));
    }
    if matches!(route.answer, Answer::Socket) {
        all.push((426, "This takes a WebSocket."));
    }
    if route.stored || matches!(route.answer, Answer::Socket) {
        all.push((503, "The history does not answer, or there are too many sockets."));
    }
    all
}

/// The same of a link.
fn by_link(route: &Route) -> Vec<(u16, &'static str)> {
    let mut all = vec![
        (403, "The link is not one of ours."),
        (404, "There is no such incident, or it is over."),
        (410, "The link has expired."),
        (429, "Too often."),
        (503, "The history does not answer."),
    ];
    if route.act {
        all.push((409, "It cannot be done as asked."));
    }
    all
}
