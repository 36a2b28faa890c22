//! What the small pages have in common that people come to from elsewhere.

use super::html::Html;

/// Begins a page; what follows still belongs to its head.
pub(super) fn head(title: &'static str) -> Html {
    let mut html = Html::default();
    html.raw(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><meta name=\"robots\" content=\"noindex\">\
         <link rel=\"stylesheet\" href=\"/style.css\"><title>",
    );
    html.raw(title).raw(" · Bellwether</title>");
    html
}

/// Goes over to what is shown.
pub(super) fn body(html: &mut Html, title: &'static str) {
    html.raw("</head><body><header><h1>Bellwether</h1></header>");
    html.raw("<main><section><h2>").raw(title).raw("</h2>");
}

pub(super) fn end(mut html: Html) -> String {
    html.raw("</section></main></body></html>");
    html.finish()
}
