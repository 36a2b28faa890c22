//! A server that reads requests, counts their bytes and answers: the least that receiving costs.

use std::process::Command;

use super::super::case::Case;
use super::{Place, Programs, program};

pub(super) fn command(programs: &Programs, place: &Place, case: &Case) -> Command {
    let mut command = program(&programs.floor);
    command.args(["floor", "--listen", &place.of(case.protocol).to_string()]);
    command
}
