//! What a browser shows on its way back from an identity provider.

use std::fmt::Display;

use bellwether_core::access::Role;

use super::sheet::{body, end, head};

/// Says who is signed in, and goes on to a page of the dashboard.
pub(crate) fn done(name: &str, role: Role, to: &str) -> String {
    let mut html = head("Signed in");
    html.raw("<meta http-equiv=\"refresh\" content=\"0;url=").text(to).raw("\">");
    body(&mut html, "Signed in");
    html.raw("<p>You are <strong>").text(name).raw("</strong>, with the role ").text(role);
    html.raw(".</p><p><a href=\"").text(to).raw("\">Go on</a></p>");
    end(html)
}

/// Says why somebody is not.
pub(crate) fn refused(why: impl Display, again: &str) -> String {
    let mut html = head("Not signed in");
    body(&mut html, "Not signed in");
    html.raw("<p>").text(why).raw("</p><p><a href=\"").text(again).raw("\">Try again</a>");
    html.raw(" · <a href=\"/\">Sign in with a token</a></p>");
    end(html)
}
