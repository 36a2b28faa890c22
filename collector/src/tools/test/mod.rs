//! `bellwether test`: rules held against written series, under a clock of their own.

mod file;
mod notation;
mod run;
mod signals;

use std::io::Write;
use std::path::Path;

use self::file::Checked;
use super::ToolError;

/// Runs the tests of a file and writes how each went. Returns how many failed.
///
/// # Errors
/// Says every mistake of the file, or of the configuration that it names.
pub fn run(file: &Path, out: &mut impl Write) -> Result<usize, ToolError> {
    let Checked { config, tests } = file::read(file)?;
    writeln!(out, "{}", file.display())?;
    let mut failed = 0;
    for test in &tests {
        let wrong = run::run(test, crate::config::load(Some(&config))?)?;
        let word = if wrong.is_empty() { "ok  " } else { "FAIL" };
        writeln!(out, "  {word}  {}", test.name)?;
        for line in &wrong {
            writeln!(out, "        {line}")?;
        }
        failed += usize::from(!wrong.is_empty());
    }
    let plural = if tests.len() == 1 { "test" } else { "tests" };
    writeln!(out, "{} {plural}, {failed} failed", tests.len())?;
    Ok(failed)
}

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod tests;

/// Requests that other tests want written.
#[cfg(test)]
pub(super) mod writes {
    pub(in crate::tools) use super::signals::routes;
}
