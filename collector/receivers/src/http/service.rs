//! Answers requests: admission, reading, checking, handing on.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bellwether_core::ingest::{Ingest, Signal};
use bytes::Bytes;
use http::header::EXPECT;
use http::request::Parts;
use http::{Method, Request};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::service::service_fn;
use tokio_util::sync::CancellationToken;

use super::answer::{self, Answer, Format, TurnedAway};
use super::body::{self, Claim};
use super::config::Cors;
use crate::admission::{Admission, Share};
use crate::listen::{Limits, Speak, Stream, http1};
use crate::probe;
use crate::refused::Refused;
use crate::terms::Gate;

/// How much of a refused body is read and thrown away, so that the sender reads the answer
/// instead of being cut off while it writes.
const THROWN_AWAY: usize = 16 << 20;

/// How long that may take.
const THROWING_AWAY: Duration = Duration::from_secs(2);

/// Speaks OTLP over HTTP/1.1.
pub(super) struct Http {
    pub(super) export: Export,
    pub(super) admission: Admission,
    pub(super) limits: Limits,
}

impl Speak for Http {
    const NAME: &'static str = "otlp/http";

    async fn speak(&self, stream: Stream, stop: CancellationToken) {
        let share = self.admission.share();
        let (export, share) = (&self.export, &share);
        let service = service_fn(async move |request| {
            Ok::<_, Infallible>(export.answer(request, share).await)
        });
        if let Err(error) = http1::serve(stream, &self.limits, service, stop).await {
            tracing::debug!(%error, "a connection to the otlp http receiver broke off");
        }
    }
}

/// Takes every request of every connection.
pub(super) struct Export {
    pub(super) ingest: Arc<dyn Ingest>,
    pub(super) gate: Gate,
    pub(super) max_body: usize,
    pub(super) cors: Cors,
    pub(super) request_timeout: Duration,
}

impl Export {
    /// Answers a request, whatever it is.
    pub(super) async fn answer<B>(&self, request: Request<B>, share: &Share) -> Answer
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let (head, mut body) = request.into_parts();
        // browsers ask without a token whether they may send one
        if let Some(mut answer) = self.cors.preflight(&head) {
            self.cors.mark(&head.headers, &mut answer);
            return answer;
        }
        let taking = tokio::time::timeout(self.request_timeout, self.take(&head, &mut body, share));
        let mut answer = match taking.await.unwrap_or(Err(Refused::OutOfTime.into())) {
            Ok(answer) => answer,
            Err(why) => {
                tracing::debug!(path = head.uri.path(), ?why, "refused a request");
                if let Some((signal, why)) = signal(&head).zip(why.reason()) {
                    self.ingest.refused(signal, why);
                }
                throw_away(&head, &mut body).await;
                why.answer(Format::of(&head.headers))
            }
        };
        self.cors.mark(&head.headers, &mut answer);
        answer
    }

    async fn take<B>(&self, head: &Parts, body: &mut B, share: &Share) -> Result<Answer, TurnedAway>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        if let Some(challenge) = self.gate.turns_away(&head.headers) {
            return Err(TurnedAway::Unauthenticated(challenge));
        }
        if let Some(nonce) = probe::nonce(head) {
            return Ok(probe::answer(self.ingest.has_seen(nonce), Full::from));
        }
        let claim = self.claim(head)?;
        // Before the body is read: who is turned away costs nothing.
        let hold = share.admit()?;
        hold.expect(claim.length.unwrap_or(0).min(claim.max) as u64)?;
        let (request, _hold) = body::read(claim, body, hold).await?;
        let accepted = self.ingest.ingest(claim.signal, request).await?;
        Ok(answer::accepted(claim.signal, &accepted, claim.format))
    }

    fn claim(&self, head: &Parts) -> Result<Claim, TurnedAway> {
        let signal = signal(head).ok_or(TurnedAway::Path)?;
        if head.method != Method::POST {
            return Err(TurnedAway::Method);
        }
        let format = Format::of(&head.headers).ok_or(TurnedAway::ContentType)?;
        let coding = body::coding(&head.headers).ok_or(TurnedAway::ContentEncoding)?;
        let length = body::length(&head.headers);
        Ok(Claim { signal, format, coding, length, max: self.max_body })
    }
}

fn signal(head: &Parts) -> Option<Signal> {
    let name = head.uri.path().strip_prefix("/v1/")?;
    Signal::ALL.into_iter().find(|it| it.as_str() == name)
}

async fn throw_away<B: Body<Data = Bytes> + Unpin>(head: &Parts, body: &mut B) {
    // Who asks whether to send is answered no.
    if head.headers.contains_key(EXPECT) {
        return;
    }
    let reading = async {
        let mut left = THROWN_AWAY;
        while let Some(Ok(frame)) = body.frame().await {
            let length = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(length) {
                Some(less) => left = less,
                None => return,
            }
        }
    };
    drop(tokio::time::timeout(THROWING_AWAY, reading).await);
}
