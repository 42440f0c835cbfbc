//! Storms: processes of real runs are killed and stopped at random, and everything is counted afterwards.
//!
//! `cargo test --test storm` is a short one. A long one: `cargo test --release --test storm -- --kills 2000`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a program that tells what it found, as its exit status too"
)]

#[cfg(unix)]
mod scene;
#[cfg(unix)]
mod storms;

/// What is asked for.
#[derive(Debug, Clone, Copy)]
struct Request {
    /// Workers to be killed, at the least.
    kills: usize,
    /// Coordinators to be killed.
    coordinators: usize,
    /// Rounds in which workers are stopped and continued.
    stops: usize,
    seed: u64,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            kills: 40,
            coordinators: 6,
            stops: 1,
            seed: 1,
        }
    }
}

/// None if the words are a filter for other tests.
fn request(mut words: impl Iterator<Item = String>) -> Option<Request> {
    let mut request = Request::default();
    while let Some(word) = words.next() {
        let mut number = || {
            let value = words.next().and_then(|word| word.parse().ok());
            value.unwrap_or_else(|| panic!("{word} needs a number"))
        };
        match word.as_str() {
            "--kills" => request.kills = number(),
            "--coordinators" => request.coordinators = number(),
            "--stops" => request.stops = number(),
            "--seed" => request.seed = number() as u64,
            flag if flag.starts_with('-') => {} // the test harness's own
            filter if "storm".contains(filter) => {}
            _ => return None,
        }
    }
    Some(request)
}

fn main() {
    let Some(request) = request(std::env::args().skip(1)) else {
        return;
    };
    #[cfg(unix)]
    {
        let count = storms::all(&request);
        println!("{count}");
        if !count.is_clean() {
            std::process::exit(1);
        }
    }
    #[cfg(not(unix))]
    println!("no storms here: {request:?} needs signals");
}
