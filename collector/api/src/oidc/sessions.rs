//! Who is signed in: in memory, as hashes, so that a restart ends all of it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ring::digest::{SHA256, digest};
use tokio::time::Instant;

use super::claims::Person;
use crate::access::{hexadecimal, random};

/// No more are kept; the one that began first ends for a new one.
const MOST: usize = 1_000;

/// Nobody has more; theirs that began first ends for a new one.
const MOST_OF_ONE: usize = 16;

/// What every value begins with, so that it is told from a token.
pub(crate) const PREFIX: &str = "bellwether_session_";

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub(crate) struct SignedIn {
    pub(super) person: Person,
    pub(super) began: Instant,
    pub(super) until: Instant,
    /// Where to go to sign out at the provider too.
    pub(super) leave: Option<String>,
}

/// Everybody who is signed in, by the hash of what their browser shows.
#[derive(Debug, Default)]
pub(super) struct Sessions(Mutex<HashMap<String, SignedIn>>);

impl Sessions {
    /// Signs somebody in and returns what their browser has to show; absent when the system gives no
    /// randomness.
    pub(super) fn begin(
        &self,
        person: Person,
        leave: Option<String>,
        time: Duration,
        now: Instant,
    ) -> Option<String> {
        let value = format!("{PREFIX}{}", random::<32>()?);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, it| it.until > now);
        let subject = &person.subject;
        let of_one = all.values().filter(|it| it.person.subject == *subject).count();
        if of_one >= MOST_OF_ONE {
            end_first(&mut all, |it| it.person.subject == *subject);
        } else if all.len() >= MOST {
            end_first(&mut all, |_| true);
        }
        let signed_in = SignedIn { person, began: now, until: now + time, leave };
        all.insert(hash(&value), signed_in);
        Some(value)
    }

    /// Finds who shows this, and by what to ask for them again.
    pub(super) fn whose(&self, value: &str, now: Instant) -> Option<(String, SignedIn)> {
        let key = hash(value);
        Some((key.clone(), self.get(&key, now)?))
    }

    /// Returns who is signed in by this key.
    pub(super) fn get(&self, key: &str, now: Instant) -> Option<SignedIn> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match all.get(key) {
            Some(it) if it.until > now => Some(it.clone()),
            Some(_) => {
                all.remove(key);
                None
            }
            None => None,
        }
    }

    /// Signs somebody out.
    pub(super) fn end(&self, value: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&hash(value));
    }
}

fn end_first(all: &mut HashMap<String, SignedIn>, of: impl Fn(&SignedIn) -> bool) {
    let first = all.iter().filter(|(_, it)| of(it)).min_by_key(|(_, it)| it.began);
    if let Some(key) = first.map(|(key, _)| key.clone()) {
        all.remove(&key);
    }
}

fn hash(value: &str) -> String {
    hexadecimal(digest(&SHA256, value.as_bytes()).as_ref())
}

#[cfg(test)]
mod tests {
    use bellwether_core::access::Role;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn person(subject: &str) -> Person {
        Person { name: "ann".to_owned(), subject: subject.to_owned(), role: Role::Viewer }
    }

    #[test]
    fn a_session_ends_when_it_is_over_or_ended() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let one = sessions.begin(person("1"), None, HOUR, now).unwrap();
        let other = sessions.begin(person("1"), None, HOUR, now).unwrap();
        assert_ne!(one, other);
        let last = now + HOUR - Duration::from_nanos(1);
        let (key, _) = sessions.whose(&one, last).unwrap();
        assert!(sessions.get(&key, last).is_some());
        assert!(sessions.whose(&key, now).is_none(), "the hash lets nobody in");
        sessions.end(&one);
        assert!(sessions.get(&key, now).is_none());
        assert!(sessions.whose(&other, now + HOUR).is_none());
        assert_eq!(sessions.0.lock().unwrap().len(), 0, "what is over takes no memory");
    }

    #[test]
    fn neither_one_nor_many_take_all_memory() {
        let (sessions, now) = (Sessions::default(), Instant::now());
        let later = |secs: usize| now + Duration::from_secs(secs as u64);
        let first = sessions.begin(person("one"), None, HOUR, later(0)).unwrap();
        let theirs = sessions.begin(person("other"), None, HOUR, later(0)).unwrap();
        for at in 1..=MOST_OF_ONE {
            sessions.begin(person("one"), None, HOUR, later(at)).unwrap();
        }
        assert!(sessions.whose(&first, now).is_none(), "the first of theirs ends");
        assert!(sessions.whose(&theirs, now).is_some(), "nobody else is signed out by it");
        for at in 0..MOST {
            sessions.begin(person(&at.to_string()), None, HOUR, later(100)).unwrap();
        }
        assert_eq!(sessions.0.lock().unwrap().len(), MOST);
    }
}
