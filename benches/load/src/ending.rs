//! How a program that measures ends.

use std::process::ExitCode;

/// Says why there are no figures, or which bar they miss: in a line, without the way through the
/// program, which tells nothing of either.
pub fn ended(outcome: anyhow::Result<()>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}
