//! Holds the words of the health model: catalog, states, alerts, incidents, money, notices, traits. Pure.
