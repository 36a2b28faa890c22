//! Mistakes in a document.

use std::fmt;

use crate::excerpt::Excerpt;
use crate::source::{Place, Span};
use crate::{Path, render};

/// A mistake in a document: where, what, and what to do. Holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where it is.
    pub place: Place,
    /// The path of the key that it is about.
    pub path: Path,
    /// What is wrong, lower case, without the place.
    pub message: String,
    /// What to do about it.
    pub help: Option<String>,
    /// The line of the file with everything that might be secret masked.
    pub(crate) excerpt: Excerpt,
}

/// A mistake while its document is still being looked at.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) span: Span,
    pub(crate) path: Path,
    pub(crate) message: String,
    pub(crate) help: Option<String>,
}

/// All mistakes that were found, in the order of the file. `Display` shows them without colour.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problems(Vec<Problem>);

impl Problems {
    /// Adds a problem. One that is here already is replaced: the later one was found when more
    /// was known about what may be shown of its line.
    pub fn push(&mut self, problem: Problem) {
        let start = self.0.partition_point(|other| other.place < problem.place);
        let end = self.0.partition_point(|other| other.place <= problem.place);
        let same =
            |other: &&mut Problem| other.path == problem.path && other.message == problem.message;
        match self.0.get_mut(start..end).into_iter().flatten().find(same) {
            Some(known) => *known = problem,
            None => self.0.insert(end, problem),
        }
    }

    /// Adds all problems of others.
    pub fn extend(&mut self, others: impl IntoIterator<Item = Problem>) {
        others.into_iter().for_each(|problem| self.push(problem));
    }

    /// Returns the problems by file, line and column.
    pub fn iter(&self) -> std::slice::Iter<'_, Problem> {
        self.0.iter()
    }

    /// Returns how many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Says whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the value when there is no problem, else the problems.
    ///
    /// # Errors
    /// Returns itself when there is any problem.
    pub fn or<T>(self, value: T) -> Result<T, Self> {
        if self.0.is_empty() { Ok(value) } else { Err(self) }
    }

    /// Takes a result apart: keeps its problems and returns its value if there is one.
    pub fn take<T>(&mut self, result: Result<T, Self>) -> Option<T> {
        result.map_err(|problems| self.extend(problems)).ok()
    }

    /// Writes them for people, each with its line of the file, and their number at the end.
    pub fn render(&self, colour: bool) -> String {
        render::render(&self.0, colour)
    }
}

impl From<Problem> for Problems {
    fn from(problem: Problem) -> Self {
        Self(vec![problem])
    }
}

impl FromIterator<Problem> for Problems {
    fn from_iter<I: IntoIterator<Item = Problem>>(problems: I) -> Self {
        let mut all = Self::default();
        all.extend(problems);
        all
    }
}

impl IntoIterator for Problems {
    type Item = Problem;
    type IntoIter = std::vec::IntoIter<Problem>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}
