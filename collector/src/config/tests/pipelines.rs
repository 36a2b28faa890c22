//! What comes in, what is done with it, and where it goes.

use bellwether_core::ingest::Signal;

use super::*;

#[test]
fn pipelines_decide_who_gets_what() {
    let config = load_text(&format!(
        "{TWO}service:\n  pipelines:\n    traces: {{ receivers: [otlp], processors: [health], exporters: [otlphttp/a] }}\n    \
         traces/more: {{ receivers: [otlp], exporters: [otlphttp/b, otlphttp/a, otlphttp/b] }}\n",
    ))
    .unwrap();
    let [first, second] = config.pipelines.as_slice() else { panic!("{:?}", config.pipelines) };
    assert_eq!((first.is_observed(), second.is_observed()), (true, false));
    assert_eq!(first.exporters, ["otlphttp/a".into()]);
    assert_eq!(second.exporters, ["otlphttp/b".into(), "otlphttp/a".into()]);
    assert_eq!((second.name.as_str(), second.signal), ("traces/more", Signal::Traces));
}

#[test]
fn processors_take_attributes_out_in_their_order() {
    let config = load_text(
        "processors:\n  attributes/pii: { hash_key: pepper, actions: [{ key: user.email, action: delete }, { key: user.id, action: hash }] }\n  \
         resource: { attributes: [{ key: host.name, action: delete }] }\n\
         service:\n  pipelines:\n    traces: { receivers: [otlp], processors: [resource, batch, health, attributes/pii], exporters: [] }\n    \
         logs: { receivers: [otlp], exporters: [] }\n",
    )
    .unwrap();
    let of = |name: &str| config.pipelines.iter().find(|it| it.name == name).unwrap();
    let [Processor::Resource(resource), Processor::Health, Processor::Attributes(pii)] =
        &of("traces").processors[..]
    else {
        panic!("{:?}", config.pipelines)
    };
    assert_eq!((resource.delete.len(), resource.hash.len()), (1, 0));
    assert!(pii.delete.contains("user.email") && pii.hash.contains("user.id"));
    assert_eq!(pii.hash_key.as_ref().unwrap().expose(), "pepper");
    assert_eq!(of("logs").processors, []);
    assert!(config.enrich);
    let quiet = load_text("processors: { health: { enrich: false } }").unwrap();
    assert!(!quiet.enrich);
}

#[test]
fn what_processors_cannot_do_is_told() {
    let told = |processor: &str| {
        let text = format!(
            "processors: {{ {processor} }}\nservice: {{ pipelines: {{ traces: {{ receivers: [otlp], \
             processors: [attributes], exporters: [] }} }} }}\n"
        );
        load_text(&text).err().unwrap()
    };
    for (processor, what) in [
        ("attributes: { actions: [{ key: a, action: hash }] }", "hashing needs a secret"),
        ("attributes: { actions: [] }", "it does nothing"),
        ("attributes: { actions: [{ key: \"\", action: delete }] }", "the key is empty"),
        ("attributes: { actions: [{ key: a, action: extract }] }", "delete"),
        ("attributes: { actions: [{ key: a, value: b, action: delete }] }", "value"),
        ("attribute: { actions: [] }", "did you mean `attributes`?"),
    ] {
        let told = told(processor);
        assert!(told.contains(what), "{processor}: {told}");
    }
}

#[test]
fn receivers_have_names_and_those_that_no_pipeline_takes_from_are_not_started() {
    let text = |pipelines: &str| {
        format!(
            "receivers:\n  otlp: {{ protocols: {{ grpc: }} }}\n  otlp/second: {{ protocols: {{ grpc: {{ endpoint: \"127.0.0.1:5317\" }} }} }}\n\
             {pipelines}"
        )
    };
    let names = |config: &Config| config.receivers.keys().cloned().collect::<Vec<_>>();
    let config = load_text(&text("")).unwrap();
    assert_eq!(names(&config), ["otlp", "otlp/second"], "without pipelines all are taken from");
    let one = "service: { pipelines: { logs: { receivers: [otlp/second], processors: [health], exporters: [] } } }";
    assert_eq!(names(&load_text(&text(one)).unwrap()), ["otlp/second"]);
    let told = load_text(&text("").replace("5317", "4317")).err().unwrap();
    assert!(
        told.contains("is listened on already, by `receivers.otlp.protocols.grpc.endpoint`"),
        "{told}"
    );
}

#[test]
fn what_the_collector_says_about_itself_goes_where_a_pipeline_takes_it() {
    let names = |config: &Config| config.receivers.keys().cloned().collect::<Vec<_>>();
    assert!(load_text("").unwrap().own.is_none(), "nobody asked for it");
    // it is no receiver of others, so that the standard one stays
    let declared = load_text("receivers: { self: { collection_interval: 5s } }").unwrap();
    assert_eq!(names(&declared), ["otlp", "self"]);
    assert_eq!(declared.own.unwrap().collection_interval.get(), Duration::from_secs(5));
    let named = load_text(
        "receivers: { otlp: }\nservice: { pipelines: { logs: { receivers: [self], exporters: [] }, traces: { receivers: [otlp] } } }",
    )
    .unwrap();
    assert_eq!(named.own.unwrap().collection_interval.get(), Duration::from_secs(30));
    let told =
        load_text("receivers: { self/2: , self: { collection_interval: 0s } }").err().unwrap();
    assert!(told.contains("there is one self receiver, and its name is `self`"), "{told}");
    assert!(told.contains("nothing is sent every 0s"), "{told}");
}

#[test]
fn probes_are_read_and_held_against_the_catalog() {
    let read = |receivers: &str| {
        let text = format!(
            "receivers: {receivers}\nprocessors: {{ health: {{ catalog: catalog.yaml }} }}\n"
        );
        load_files(&[("bellwether.yaml", &text), ("catalog.yaml", CATALOG)])
    };
    let config = read(
        "{ probes: { page: { http: { url: \"https://a.example/\", expect: { status: [200, 204] } }, every: 10s, component: admin } } }",
    )
    .unwrap();
    assert_eq!(config.probes.0["page"].every.get(), Duration::from_secs(10));
    assert!(config.receivers.is_empty(), "nobody listens unless that is said, too");
    assert_eq!(config.notes(), []);
    let told = read(
        "{ otlp: , probes: { page: { tcp: { address: \"a:1\" }, tsl: {}, component: amdin } } }",
    )
    .err()
    .unwrap();
    assert!(told.contains("did you mean `tls`?"), "{told}");
    let told = read("{ otlp: , probes: { page: { tcp: { address: \"a\" }, component: amdin } } }");
    let told = told.err().unwrap();
    assert!(told.contains("receivers.probes.page.component"), "{told}");
    assert!(told.contains("this is not a host and a port"), "{told}");
}

#[test]
fn a_pipeline_may_take_from_probes() {
    let config = load_text(
        "receivers: { otlp: , probes: {} }\nservice: { pipelines: { traces: { receivers: [otlp, probes], processors: [health], exporters: [] } } }\n",
    )
    .unwrap();
    assert!(config.pipelines[0].receivers.contains(PROBES));
}
