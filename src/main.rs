//! lightmill
fn main() {}
