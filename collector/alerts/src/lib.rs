//! Decides who is told what: incidents and the notices that they owe. Never speaks.
