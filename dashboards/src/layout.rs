//! Where panels stand on a grid of twelve columns.

use crate::board::{COLUMNS, Panel, Row, Shape};

/// A panel and its place: column and line of its upper left corner, from 0 on, and its height in lines.
pub(crate) struct Placed<'a> {
    pub(crate) panel: &'a Panel,
    pub(crate) x: u32,
    pub(crate) y: u32,
    pub(crate) height: u32,
}

/// Heights in lines, as each product counts them.
#[derive(Clone, Copy)]
pub(crate) struct Heights {
    pub(crate) number: u32,
    pub(crate) chart: u32,
}

/// Places the panels of a row from line `from` on, and returns the line below them.
pub(crate) fn place(row: &Row, from: u32, heights: Heights) -> (Vec<Placed<'_>>, u32) {
    let (mut placed, mut x, mut y, mut tallest) = (Vec::new(), 0, from, 0);
    for panel in &row.panels {
        let height = match panel.shape {
            Shape::Number(_) => heights.number,
            Shape::Lines | Shape::States => heights.chart,
        };
        if x + panel.width > COLUMNS {
            (x, y, tallest) = (0, y + tallest, 0);
        }
        placed.push(Placed { panel, x, y, height });
        x += panel.width;
        tallest = tallest.max(height);
    }
    (placed, y + tallest)
}
