//! Turns YAML text into checked values, with every mistake at its line and column. Pure.
