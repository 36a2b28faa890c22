//! Answers requests: admission, reading, checking, handing on.

use std::sync::Arc;
use std::time::Duration;

use bellwether_core::ingest::{Ingest, Signal};
use bytes::Bytes;
use http::header::{CONTENT_LENGTH, EXPECT};
use http::request::Parts;
use http::{Method, Request};
use http_body::Body;
use http_body_util::{BodyExt, Full};

use super::answer::{self, Answer, Format, Refused};
use super::body::{self, Claim, Coding};
use super::config::Cors;
use crate::admission::{Admission, Hold};
use crate::grpc::probe;

/// What a sender that found no room is told to wait.
pub(super) const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Bodies from here on are decompressed and checked where they hold up nobody else.
const LARGE: usize = 256 << 10;

/// How much of a refused body is read and thrown away, so that the sender reads the answer
/// instead of being cut off while it writes.
const THROWN_AWAY: usize = 16 << 20;

/// How long that may take.
const THROWING_AWAY: Duration = Duration::from_secs(2);

/// Takes every request of every connection.
pub(super) struct Export {
    pub(super) ingest: Arc<dyn Ingest>,
    pub(super) admission: Admission,
    pub(super) max_body: usize,
    pub(super) cors: Cors,
    pub(super) request_timeout: Duration,
}

impl Export {
    /// Answers a request, whatever it is.
    pub(super) async fn answer<B>(&self, request: Request<B>) -> Answer
    where
        B: Body<Data = Bytes> + Unpin,
    {
        if let Some(nonce) = probe::nonce(&request) {
            return probe::answer(self.ingest.has_seen(nonce), Full::from);
        }
        let (head, mut body) = request.into_parts();
        if let Some(mut answer) = self.cors.preflight(&head) {
            self.cors.mark(&head.headers, &mut answer);
            return answer;
        }
        let taken = tokio::time::timeout(self.request_timeout, self.take(&head, &mut body)).await;
        let mut answer = match taken.unwrap_or(Err(Refused::OutOfTime)) {
            Ok(answer) => answer,
            Err(why) => {
                tracing::debug!(path = head.uri.path(), ?why, "refused a request");
                throw_away(&head, &mut body).await;
                why.answer(Format::of(&head.headers))
            }
        };
        self.cors.mark(&head.headers, &mut answer);
        answer
    }

    async fn take<B>(&self, head: &Parts, body: &mut B) -> Result<Answer, Refused>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        let claim = self.claim(head)?;
        // Before the body is read: who is turned away costs nothing.
        let mut hold = self.admit(head, claim.max)?;
        let read = body::read(body, claim.max, &mut hold).await?;
        let (request, _hold) = prepare(claim, read, hold).await?;
        let accepted = self.ingest.ingest(claim.signal, request).await?;
        Ok(answer::accepted(claim.signal, &accepted, claim.format))
    }

    fn claim(&self, head: &Parts) -> Result<Claim, Refused> {
        let signal = Signal::ALL.into_iter().find(|signal| {
            head.uri.path().strip_prefix("/v1/").is_some_and(|it| it == signal.as_str())
        });
        let signal = signal.ok_or(Refused::Path)?;
        if head.method != Method::POST {
            return Err(Refused::Method);
        }
        let format = Format::of(&head.headers).ok_or(Refused::ContentType)?;
        let coding = Coding::of(&head.headers).ok_or(Refused::ContentEncoding)?;
        Ok(Claim { signal, format, coding, max: self.max_body })
    }

    /// Takes room for as many bytes as the request says that it has; for one that does not say,
    /// room is taken as it comes.
    fn admit(&self, head: &Parts, max: usize) -> Result<Hold, Refused> {
        let length = head.headers.get(CONTENT_LENGTH).and_then(|it| it.to_str().ok()?.parse().ok());
        let length: u64 = length.unwrap_or(0);
        if length > max as u64 {
            return Err(Refused::TooLarge(max));
        }
        self.admission.admit(length).ok_or(Refused::Overloaded(RETRY_AFTER))
    }
}

/// Makes checked protobuf of a body.
async fn prepare(claim: Claim, body: Vec<u8>, mut hold: Hold) -> Result<(Bytes, Hold), Refused> {
    if body.len() < LARGE {
        return body::prepare(claim, body, &mut hold).map(|request| (request, hold));
    }
    let work = move || body::prepare(claim, body, &mut hold).map(|request| (request, hold));
    let done = tokio::task::spawn_blocking(work).await;
    // It does not panic; were it to, the sender keeps the request.
    done.unwrap_or(Err(Refused::Overloaded(RETRY_AFTER)))
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
