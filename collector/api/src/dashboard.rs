//! The dashboard: files that were built into the program, where somebody built them. They hold
//! nothing of what the collector knows, so that anyone may have them; what they show they ask for.

use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Redirect, Response};
use ring::digest::{SHA256, digest};

use crate::access::hexadecimal;
use crate::error::ApiError;

/// One file of the dashboard.
#[derive(Clone, Copy, Debug)]
struct File {
    /// Its path, such as `assets/index-5f1c.js`.
    name: &'static str,
    plain: &'static [u8],
    /// The same, gzipped; absent where that saves nothing.
    packed: Option<&'static [u8]>,
}

/// All of it; empty when the program was built without.
static FILES: &[File] = include!(concat!(env!("OUT_DIR"), "/dashboard.rs"));

/// The page that all of the dashboard's addresses show.
const SHELL: &str = "index.html";

/// The page without script, for programs without a dashboard.
const PLAIN: &str = "/plain";

/// What the dashboard's page may do: load its own script and style, and ask this collector.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

/// Says whether the program was built with the dashboard.
pub(crate) fn is_built_in() -> bool {
    find(FILES, SHELL).is_some()
}

pub(crate) async fn shell(headers: HeaderMap) -> Response {
    show(FILES, &headers)
}

pub(crate) async fn asset(uri: Uri, Path(name): Path<String>, headers: HeaderMap) -> Response {
    load(FILES, &format!("assets/{name}"), uri.path(), &headers)
}

fn find<'f>(files: &'f [File], name: &str) -> Option<&'f File> {
    files.iter().find(|it| it.name == name)
}

/// Answers with the page, or leads to the one without script.
fn show(files: &[File], headers: &HeaderMap) -> Response {
    let Some(file) = find(files, SHELL) else { return Redirect::to(PLAIN).into_response() };
    let tag = file.tag();
    let known = headers.get(header::IF_NONE_MATCH).and_then(|it| it.to_str().ok());
    let has_it = known.is_some_and(|it| it.split(',').any(|it| it.trim() == tag));
    let mut response =
        if has_it { StatusCode::NOT_MODIFIED.into_response() } else { file.answer(headers) };
    set(&mut response, header::CONTENT_SECURITY_POLICY, POLICY);
    set(&mut response, header::CACHE_CONTROL, "no-cache");
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Answers with a file whose name tells its content.
fn load(files: &[File], name: &str, path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = find(files, name) else {
        return ApiError::not_found(format!("nothing is served under {path}")).into_response();
    };
    let mut response = file.answer(headers);
    set(&mut response, header::CACHE_CONTROL, "public, max-age=31536000, immutable");
    response
}

fn set(response: &mut Response, name: header::HeaderName, value: &'static str) {
    response.headers_mut().insert(name, HeaderValue::from_static(value));
}

impl File {
    /// Answers with the file, gzipped for who takes that.
    fn answer(&self, headers: &HeaderMap) -> Response {
        let mut response = match self.packed.filter(|_| takes_gzip(headers)) {
            Some(packed) => ([(header::CONTENT_ENCODING, "gzip")], packed).into_response(),
            None => self.plain.into_response(),
        };
        set(&mut response, header::CONTENT_TYPE, self.kind());
        set(&mut response, header::VARY, "accept-encoding");
        response
    }

    /// Names the content, gzipped or not.
    fn tag(&self) -> String {
        let hash = digest(&SHA256, self.plain);
        format!("W/\"{}\"", hexadecimal(hash.as_ref()))
    }

    fn kind(&self) -> &'static str {
        match self.name.rsplit('.').next().unwrap_or_default() {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "svg" => "image/svg+xml",
            _ => "application/octet-stream",
        }
    }
}

/// Says whether somebody takes gzip. `q=0` is the only way to refuse what is named.
fn takes_gzip(headers: &HeaderMap) -> bool {
    let all = headers.get_all(header::ACCEPT_ENCODING).iter().filter_map(|it| it.to_str().ok());
    all.flat_map(|it| it.split(',')).any(|it| {
        let mut parts = it.split(';').map(str::trim);
        let named = parts.next().is_some_and(|it| it.eq_ignore_ascii_case("gzip"));
        named && !parts.any(|it| matches!(it, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
    })
}

#[cfg(test)]
mod tests;
