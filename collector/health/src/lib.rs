//! Turns what the views saw into states: observations, rules, state machine, money.
