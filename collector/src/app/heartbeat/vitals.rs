//! Whether the collector really works, and what it cannot see when it does not.

use std::fmt;
use std::time::Duration;

/// What was found by looking at the parts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Signs {
    /// How long ago the rules were evaluated; absent when they never were.
    pub(super) evaluated: Option<Duration>,
    /// How long an evaluation may be ago.
    pub(super) patience: Duration,
    /// Receivers that do not answer, and why.
    pub(super) deaf: Vec<(String, String)>,
    /// Why the store cannot write.
    pub(super) store: Option<String>,
}

/// Why the collector does not watch, although it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Blind {
    /// The rules were not evaluated for so long; absent when they never were.
    NotEvaluated(Option<Duration>),
    /// A receiver does not answer.
    Deaf { receiver: String, why: String },
    /// The store cannot write.
    Forgetful(String),
}

impl fmt::Display for Blind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotEvaluated(None) => f.write_str("no rule was evaluated yet"),
            Self::NotEvaluated(Some(age)) => {
                write!(f, "no rule was evaluated in the last {} s", age.as_secs())
            }
            Self::Deaf { receiver, why } => write!(f, "receiver {receiver} does not answer: {why}"),
            Self::Forgetful(why) => write!(f, "the store cannot write: {why}"),
        }
    }
}

/// Says why the collector does not watch; nothing when it does.
pub(super) fn judge(signs: Signs) -> Vec<Blind> {
    let mut blind = Vec::new();
    if signs.evaluated.is_none_or(|age| age > signs.patience) {
        blind.push(Blind::NotEvaluated(signs.evaluated));
    }
    blind.extend(signs.deaf.into_iter().map(|(receiver, why)| Blind::Deaf { receiver, why }));
    blind.extend(signs.store.map(Blind::Forgetful));
    blind
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_watches_only_when_every_part_does() {
        let seconds = Duration::from_secs;
        let well = Signs { evaluated: Some(seconds(1)), patience: seconds(10), ..Signs::default() };
        assert_eq!(judge(well.clone()), []);
        let at_the_bound = Signs { evaluated: Some(seconds(10)), ..well.clone() };
        assert_eq!(judge(at_the_bound), []);

        let late = Signs { evaluated: Some(seconds(11)), ..well.clone() };
        let never = Signs { evaluated: None, ..well.clone() };
        let deaf = vec![("otlp/grpc".to_owned(), "refused".to_owned())];
        let deaf = Signs { deaf, ..well.clone() };
        let forgetful = Signs { store: Some("disk full".to_owned()), ..well };
        let told = |signs: &Signs| {
            let told: Vec<String> = judge(signs.clone()).iter().map(Blind::to_string).collect();
            told.join("; ")
        };
        assert_eq!(told(&late), "no rule was evaluated in the last 11 s");
        assert_eq!(told(&never), "no rule was evaluated yet");
        assert_eq!(told(&deaf), "receiver otlp/grpc does not answer: refused");
        assert_eq!(told(&forgetful), "the store cannot write: disk full");

        let all = Signs { evaluated: None, store: forgetful.store, ..deaf };
        assert_eq!(judge(all).len(), 3, "all is told");
    }
}
