//! The dashboards, each a file.

mod business;
mod collector;
mod operations;
mod services;
#[cfg(test)]
mod tests;

use crate::board::{Board, Panel, Query, Shape};

/// Returns every dashboard, in the order in which people would read them.
pub(crate) fn all() -> Vec<Board> {
    vec![business::board(), operations::board(), services::board(), collector::board()]
}

fn panel(
    title: &'static str,
    about: &'static str,
    shape: Shape,
    width: u32,
    query: Query,
) -> Panel {
    Panel { title, about, shape, width, query }
}
