//! Keeps what must survive a restart: facts, states, incidents and the outbox, in SQLite.
