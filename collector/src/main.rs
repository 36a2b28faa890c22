//! The `bellwether` binary: parses the command line and exits.

fn main() {}
