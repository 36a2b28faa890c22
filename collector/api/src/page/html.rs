//! Markup that cannot be broken by what it shows: only text of the program itself is written
//! as it is, everything else is escaped.

use std::fmt::{Display, Write};

/// A page in the making.
#[derive(Default)]
pub(super) struct Html(String);

impl Html {
    /// Writes markup. Only literals can get here.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Writes text, escaped for elements and for quoted attributes.
    pub(super) fn text(&mut self, text: impl Display) -> &mut Self {
        // writing into a string does not fail
        let _ = write!(Escape(&mut self.0), "{text}");
        self
    }

    /// Writes one element around text.
    pub(super) fn cell(&mut self, open: &'static str, text: impl Display) -> &mut Self {
        self.raw(open).text(text).raw("</td>")
    }

    /// Returns the page.
    pub(super) fn finish(self) -> String {
        self.0
    }
}

struct Escape<'a>(&'a mut String);

impl Write for Escape<'_> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        for letter in text.chars() {
            match letter {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                letter => self.0.push(letter),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_and_markup_is_not() {
        let mut html = Html::default();
        html.raw("<b>").text("<script>alert(\"&'\")</script>").raw("</b>");
        let expected = "<b>&lt;script&gt;alert(&quot;&amp;&#39;&quot;)&lt;/script&gt;</b>";
        assert_eq!(html.finish(), expected);
    }
}
