//! What both receivers have in common: TLS and tokens, with clients that bring their own
//! certificates.

mod harness;
mod tls;
mod tokens;
