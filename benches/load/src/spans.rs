//! Spans as services really send them: about ten attributes and 490 bytes each.

use crate::template::Template;
use crate::wire::Writer;

/// What requests look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Spans of a request.
    pub spans: usize,
    /// How many services send, each with a version and two instances.
    pub services: usize,
    /// How many routes a service has.
    pub routes: usize,
}

impl Default for Shape {
    /// A hundred spans a request; 20 services with 50 routes make 1,000 groups.
    fn default() -> Self {
        Self { spans: 100, services: 20, routes: 50 }
    }
}

/// Spans of one resource in a request: a request comes from a few services, as behind an agent.
const SPANS_OF_A_RESOURCE: usize = 25;

const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36";

/// Returns the name of a service.
pub fn service(index: usize) -> String {
    format!("shop-{index:02}")
}

/// Returns a route of a service.
pub fn route(index: usize) -> String {
    const AREAS: [&str; 5] = ["orders", "customers", "invoices", "admin", "reports"];
    let area = AREAS.get(index % AREAS.len()).copied().unwrap_or_default();
    format!("/api/v1/{area}/{{id}}/part-{:02}", index / AREAS.len())
}

/// Makes `count` requests that differ, always the same ones.
pub fn templates(shape: Shape, count: usize) -> Vec<Template> {
    let mut source =
        Source { chance: Chance(0x5eed), resources: 0, served: vec![0; shape.services] };
    (0..count).filter_map(|_| request(shape, &mut source)).collect()
}

struct Source {
    chance: Chance,
    /// How many resources were written: the services take turns.
    resources: usize,
    /// How many requests each service has served: its routes take turns, so that all stay live.
    served: Vec<usize>,
}

/// Numbers that look like chance and are always the same (splitmix64).
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn id(&mut self) -> [u8; 16] {
        let mut id = [0; 16];
        id[..8].copy_from_slice(&self.next().to_be_bytes());
        id[8..].copy_from_slice(&self.next().to_be_bytes());
        id
    }
}

fn request(shape: Shape, source: &mut Source) -> Option<Template> {
    let Source { chance, resources, served } = source;
    let mut ages = Vec::with_capacity(shape.spans);
    let mut writer = Writer::default();
    let mut left = shape.spans;
    while left > 0 {
        let here = left.min(SPANS_OF_A_RESOURCE);
        left -= here;
        let index = *resources % shape.services;
        *resources += 1;
        let served = served.get_mut(index)?;
        writer.message(1, |resource| {
            resource.message(1, |it| attributes_of_a_service(it, index, chance));
            resource.message(2, |scope| {
                scope.message(1, |it| {
                    it.bytes(1, "opentelemetry.instrumentation.http").bytes(2, "1.27.0");
                });
                for _ in 0..here {
                    let duration = 200_000 + chance.below(1_000) * chance.below(400_000);
                    ages.push((chance.below(1_500_000_000), duration));
                    let kind = chance.below(10);
                    *served += usize::from(kind < 5);
                    let route = *served % shape.routes;
                    scope.message(2, |it| span(it, kind, route, chance));
                }
            });
        });
    }
    Template::new(&writer.finish(), &ages)
}

fn attributes_of_a_service(writer: &mut Writer, index: usize, chance: &mut Chance) {
    let instance = chance.below(2);
    let name = service(index);
    text(writer, 1, "service.name", &name);
    text(writer, 1, "service.namespace", "shop");
    text(writer, 1, "service.version", "4.12.3");
    text(writer, 1, "service.instance.id", &format!("{name}-7d9f6c5b8-{instance}"));
    text(writer, 1, "deployment.environment.name", "production");
    text(writer, 1, "host.name", &format!("ip-10-0-{index}-{instance}.eu-west-1.compute.internal"));
    text(writer, 1, "k8s.pod.name", &format!("{name}-7d9f6c5b8-{instance}"));
    text(writer, 1, "telemetry.sdk.name", "opentelemetry");
    text(writer, 1, "telemetry.sdk.language", "go");
    text(writer, 1, "telemetry.sdk.version", "1.38.0");
}

fn span(writer: &mut Writer, kind: u64, at: usize, chance: &mut Chance) {
    const SERVER: u64 = 2;
    const CLIENT: u64 = 3;
    writer.bytes(1, chance.id()).bytes(2, chance.next().to_be_bytes());
    writer.bytes(4, chance.next().to_be_bytes());
    let method = if kind.is_multiple_of(4) { "POST" } else { "GET" };
    let template = route(at);
    let name = match kind {
        0..5 => format!("{method} {template}"),
        5..7 => method.to_owned(),
        _ => format!("SELECT shop.table_{}", at % 12),
    };
    writer.bytes(5, &name).number(6, if kind < 5 { SERVER } else { CLIENT });
    writer.fixed64(7, 0).fixed64(8, 0);
    let failed = chance.below(50) == 0;
    match kind {
        0..5 => {
            let path = template.replace("{id}", &chance.below(90_000).to_string());
            http(writer, method, failed);
            text(writer, 9, "url.scheme", "https");
            text(writer, 9, "url.path", &path);
            text(writer, 9, "http.route", &template);
            text(writer, 9, "server.address", "api.shop.example");
            text(writer, 9, "client.address", &format!("10.7.{}.{}", at % 256, chance.below(256)));
            text(writer, 9, "network.protocol.version", "1.1");
            text(writer, 9, "user_agent.original", AGENT);
            text(writer, 9, "business.customer.id", &format!("customer-{:03}", chance.below(200)));
        }
        5..7 => {
            http(writer, method, failed);
            let path = format!("/v2/{}/{}/details", at % 9, chance.below(90_000));
            text(writer, 9, "url.full", &format!("https://payments.internal.example{path}?page=1"));
            text(writer, 9, "server.address", "payments.internal.example");
            number(writer, "server.port", 443);
            text(writer, 9, "network.peer.address", &format!("10.9.0.{}", chance.below(256)));
            text(writer, 9, "network.protocol.version", "1.1");
            text(writer, 9, "peer.service", "payments");
            text(writer, 9, "user_agent.original", "Go-http-client/1.1");
            text(writer, 9, "thread.name", "worker-pool-3");
        }
        _ => {
            text(writer, 9, "db.system.name", "postgresql");
            text(writer, 9, "db.namespace", "shop");
            text(writer, 9, "db.operation.name", "SELECT");
            text(writer, 9, "db.collection.name", &format!("table_{}", at % 12));
            let columns = "id, name, state, created_at, updated_at, owner, amount";
            let query = format!("SELECT {columns} FROM table_{} WHERE id = $1 AND x > $2", at % 12);
            text(writer, 9, "db.query.text", &query);
            number(writer, "db.response.returned_rows", chance.below(100));
            text(writer, 9, "server.address", "db-primary.internal.example");
            number(writer, "server.port", 5432);
            text(writer, 9, "network.transport", "tcp");
            text(writer, 9, "thread.name", "worker-pool-3");
        }
    }
    // a status: unset mostly, an error with a message now and then
    if failed {
        writer.message(15, |status| {
            status.bytes(2, "deadline exceeded while waiting for the answer").number(3, 2);
        });
    }
}

fn http(writer: &mut Writer, method: &str, failed: bool) {
    text(writer, 9, "http.request.method", method);
    number(writer, "http.response.status_code", if failed { 503 } else { 200 });
}

fn text(writer: &mut Writer, field: u32, key: &str, value: &str) {
    writer.message(field, |it| {
        it.bytes(1, key).message(2, |any| {
            any.bytes(1, value);
        });
    });
}

fn number(writer: &mut Writer, key: &str, value: u64) {
    writer.message(9, |it| {
        it.bytes(1, key).message(2, |any| {
            any.number(3, value);
        });
    });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
    use opentelemetry_proto::tonic::common::v1::any_value::Value;
    use prost::Message;

    use super::*;

    #[test]
    fn spans_are_as_large_and_as_varied_as_said() {
        let shape = Shape::default();
        let templates = templates(shape, 64);
        let (mut groups, mut attributes, mut bytes) = (BTreeSet::new(), 0, 0);
        for template in &templates {
            bytes += template.len();
            let request = ExportTraceServiceRequest::decode(template.fresh(1, 1).body()).unwrap();
            for resource in &request.resource_spans {
                let service = &resource.resource.as_ref().unwrap().attributes[0].value;
                for span in resource.scope_spans.iter().flat_map(|it| &it.spans) {
                    attributes += span.attributes.len();
                    let route = span.attributes.iter().find(|it| it.key == "http.route");
                    if let Some(Value::StringValue(route)) =
                        route.and_then(|it| it.value.as_ref()?.value.as_ref())
                    {
                        groups.insert(format!("{service:?} {route}"));
                    }
                }
            }
        }
        let spans = templates.len() * shape.spans;
        let (size, attributes) = (bytes / spans, attributes / spans);
        assert!((470..=510).contains(&size), "{size} bytes a span");
        assert!((9..=11).contains(&attributes), "{attributes} attributes a span");
        assert_eq!(groups.len(), 1_000);
    }
}
