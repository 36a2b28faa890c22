use opentelemetry_sdk::metrics::{InMemoryMetricExporter, PeriodicReader, SdkMeterProvider};
use opentelemetry_sdk::trace::{InMemorySpanExporter, SdkTracerProvider};
use std::sync::Arc;

use super::*;
use crate::loss::{Loss, SpansQueue};
use crate::providers::Providers;

#[tokio::test]
async fn an_operation_is_a_span_and_a_duration_and_hands_its_customer_on() {
    let (spans, metrics) = (InMemorySpanExporter::default(), InMemoryMetricExporter::default());
    let queue = SpansQueue::new(spans.clone(), 100, &Arc::new(Loss::default()));
    let providers = Providers {
        tracer: SdkTracerProvider::builder().with_span_processor(queue).build(),
        meter: SdkMeterProvider::builder()
            .with_reader(PeriodicReader::builder(metrics.clone()).build())
            .build(),
        ..Providers::disabled()
    };
    let catalog = Catalog::new()
        .component(Component::new("reports", Criticality::High))
        .component(Component::new("mail", Criticality::Low))
        .customer(Customer::new("zebra").known_as("c-10482"));
    let business = Business::new(&providers, Arc::new(catalog));

    let mail = || business.operation("mail", "send mail").run(async { Err::<(), _>("no relay") });
    let work = async {
        assert_eq!(current_customer().as_deref(), Some("c-10482"));
        mail().await.unwrap_err();
        Ok::<_, &str>(7)
    };
    let done = business.operation("reports", "render report").customer("c-10482").run(work).await;
    assert_eq!(done, Ok(7));
    assert_eq!(current_customer(), None);

    providers.tracer.force_flush().unwrap();
    let spans = spans.get_finished_spans().unwrap();
    let told: Vec<_> = spans
        .iter()
        .map(|span| {
            let attributes = span.attributes.iter().map(|it| format!("{}={}", it.key, it.value));
            (span.name.as_ref(), attributes.collect::<Vec<_>>())
        })
        .collect();
    let customer = ["business.customer=zebra", "business.customer.id=c-10482"];
    let of = |component: [&str; 2]| {
        component.iter().chain(&customer).map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(
        told,
        [
            ("send mail", of(["business.component=mail", "service.criticality=low"])),
            ("render report", of(["business.component=reports", "service.criticality=high"])),
        ]
    );
    assert_eq!(spans[0].parent_span_id, spans[1].span_context.span_id());

    providers.meter.force_flush().unwrap();
    let text = format!("{:?}", metrics.get_finished_metrics().unwrap());
    assert!(text.contains("failure") && text.contains("success"), "{text}");
}
