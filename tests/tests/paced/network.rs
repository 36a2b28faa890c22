//! Vendors without sockets: under a paused clock nothing may wait for the outside world.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::Query;
use bellwether_core::BoxFuture;
use bellwether_exporters::call::{Answer, Call};
use bellwether_exporters::transport::{HttpError, Network, Transport, TransportError};
use bellwether_exporters::wire::Wire;
use bellwether_tests::standins::{self, Vendor};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use tokio::time::{Instant, sleep};

/// How long a call takes.
const LATENCY: Duration = Duration::from_millis(50);

/// A call that was made, without what was in it.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// Whom it went to.
    pub(crate) host: String,
    /// What it did, such as `create incident`.
    pub(crate) what: &'static str,
    /// When it was answered, from the beginning of the story on.
    pub(crate) at: Duration,
    /// How it was answered.
    pub(crate) status: u16,
}

/// A mail that was handed in.
#[derive(Clone, Debug)]
pub(crate) struct Mail {
    /// Who gets it.
    pub(crate) to: Vec<String>,
    /// The whole message as it left.
    pub(crate) content: String,
}

/// Leads calls to vendors by the end of the host's name, and mails into a box.
pub(crate) struct Inside {
    pub(crate) vendors: Vec<(&'static str, Arc<dyn Vendor>)>,
    clock: standins::Clock,
    start: Instant,
    made: Mutex<Vec<Made>>,
    mails: Mutex<Vec<Mail>>,
}

impl Inside {
    pub(crate) fn new(
        vendors: Vec<(&'static str, Arc<dyn Vendor>)>,
        clock: standins::Clock,
    ) -> Self {
        let (made, mails) = (Mutex::default(), Mutex::default());
        Self { vendors, clock, start: Instant::now(), made, mails }
    }

    /// Returns the calls to a host so far.
    pub(crate) fn made(&self, host: &str) -> Vec<Made> {
        let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.iter().filter(|it| it.host.ends_with(host)).cloned().collect()
    }

    /// Returns the mails to an address so far.
    pub(crate) fn mails(&self, to: &str) -> Vec<Mail> {
        let mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().filter(|it| it.to.iter().any(|it| it == to)).cloned().collect()
    }

    fn post(&self, call: &Call) -> Answer {
        let envelope = call.envelope.iter().flat_map(|it| &it.to);
        let to = envelope.map(ToString::to_string).collect();
        let content = String::from_utf8_lossy(&call.body.to_bytes()).into_owned();
        let mut mails = self.mails.lock().unwrap_or_else(PoisonError::into_inner);
        mails.push(Mail { to, content });
        Answer { status: 250, ..Answer::default() }
    }

    fn answer(&self, call: &Call) -> Result<Answer, TransportError> {
        if call.envelope.is_some() {
            return Ok(self.post(call));
        }
        let host = call.host();
        let vendor = self.vendors.iter().find(|(end, _)| host.ends_with(end));
        let Some((_, vendor)) = vendor else {
            return Err(TransportError(format!("{host} is not there")));
        };
        let uri: http::Uri =
            call.url.parse().map_err(|_| TransportError("no address".to_owned()))?;
        let query = Query::<Vec<(String, String)>>::try_from_uri(&uri);
        let answer = vendor.answer(&standins::Call {
            method: call.method.clone(),
            path: uri.path().to_owned(),
            query: query.map(|it| it.0).unwrap_or_default(),
            headers: call.headers.clone(),
            body: call.body.to_bytes(),
            now: (self.clock)(),
            instant: Instant::now(),
        });
        let header = |(name, value): &(&'static str, String)| {
            Some((http::HeaderName::from_static(name), HeaderValue::from_str(value).ok()?))
        };
        let headers: HeaderMap = answer.headers.iter().filter_map(header).collect();
        let (status, body) = (answer.status.as_u16(), Bytes::clone(&answer.body));
        Ok(Answer { status, headers, body, ..Answer::default() })
    }
}

/// A way through the network.
struct Way(Arc<Inside>);

impl Transport for Way {
    fn send(&self, call: Call) -> BoxFuture<'_, Result<Answer, TransportError>> {
        Box::pin(async move {
            sleep(LATENCY).await;
            let answer = self.0.answer(&call);
            let mut made = self.0.made.lock().unwrap_or_else(PoisonError::into_inner);
            let (host, what) = (call.host().to_owned(), call.what);
            let status = answer.as_ref().map_or(0, |it| it.status);
            made.push(Made { host, what, at: self.0.start.elapsed(), status });
            answer
        })
    }
}

/// Opens the same network to every destination.
pub(crate) struct Shared(pub(crate) Arc<Inside>);

impl Network for Shared {
    fn open(&self, _: &Wire) -> Result<Arc<dyn Transport>, HttpError> {
        Ok(Arc::new(Way(Arc::clone(&self.0))))
    }
}
