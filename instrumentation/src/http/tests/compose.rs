use std::io::Write;
use std::sync::Mutex;

use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{EnvFilter, Layer, fmt};

use super::*;

/// A console that a test reads.
#[derive(Clone, Default)]
struct Console(Arc<Mutex<Vec<u8>>>);

impl Write for Console {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_layer_composes_with_a_console_that_shows_something_else() {
    let served = serve();
    let console = Console::default();
    let (writer, filter) = (console.clone(), EnvFilter::new("warn,bellwether=debug"));
    let shown = fmt::layer().with_ansi(false).with_writer(move || writer.clone());
    let subscriber = tracing_subscriber::registry()
        .with(served.providers.layer())
        .with(shown.with_filter(filter));
    let _installed = tracing::subscriber::set_default(subscriber);

    let spans = served.ask("GET", "/users/traced", None).await;
    let (inner, server) = (&spans[0], &spans[1]);
    assert_eq!((inner.name.as_ref(), server.name.as_ref()), ("query", "GET /users/traced"));
    assert_eq!(inner.parent_span_id, server.span_context.span_id());
    let told = attributes(inner);
    assert!(told.contains(&"business.component=users".to_owned()), "{told:?}");

    served.providers.logger.force_flush().unwrap();
    let logs = served.logs.get_emitted_logs().unwrap();
    let exported: Vec<String> = logs.iter().map(|log| format!("{:?}", log.record)).collect();
    let info = exported.iter().find(|it| it.contains("rows were read")).unwrap();
    assert!(info.contains(&server.span_context.trace_id().to_string()), "{info}");
    assert!(info.contains("business.component"), "{info}");
    assert!(!exported.iter().any(|it| it.contains("a detail")), "debug is not exported");

    let shown = String::from_utf8(console.0.lock().unwrap().clone()).unwrap();
    assert!(shown.contains("a detail"), "the console has a filter of its own: {shown}");
}

/// Does what handlers do.
#[tracing::instrument(name = "query", skip_all)]
pub(super) async fn traced() {
    tracing::info!(rows = 3, "rows were read");
    tracing::debug!("a detail");
}
