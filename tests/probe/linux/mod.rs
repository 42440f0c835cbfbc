mod call;
mod column;
mod files;
mod needs;
mod outcome;
mod pictures;
mod scene;
mod system;

use std::env;
use std::process::ExitCode;

use column::Column;
use outcome::{Outcome, Row};
use scene::{Scene, World};

/// The narrowest column that holds every outcome.
const WIDTH: usize = 11;

pub(super) fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.first().map(String::as_str) {
        Some(scene::ACT) => scene::act(&args),
        Some(scene::TARGET) => scene::be_a_target(),
        _ => probe(),
    }
}

fn rows() -> impl Iterator<Item = &'static Row> {
    let tables = [
        needs::ROWS,
        files::BY_PATH,
        files::BY_DESCRIPTOR,
        system::PROCESSES,
        system::SOCKETS,
        system::MEMORY,
        system::KERNEL,
    ];
    tables.into_iter().flatten()
}

/// Prints the whole table, whatever happens.
fn probe() -> ExitCode {
    let columns = column::available();
    let world = World::open();
    let mut wrong = 0;
    header(&columns);
    for row in rows() {
        wrong += try_everywhere(row, &columns, &world);
    }
    wrong += pictures::compare(&columns, &world);
    println!("\n{wrong} outcomes are not as expected");
    if wrong == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

fn header(columns: &[&Column]) {
    print!("{:44}", "");
    for column in columns {
        print!("{:WIDTH$}", column.name);
    }
    println!();
}

/// Tries a row in all columns; how many outcomes were not as expected.
fn try_everywhere(row: &Row, columns: &[&Column], world: &World) -> usize {
    print!("{:44}", row.name);
    let mut complaints = Vec::new();
    let mut seen = Vec::new();
    for column in columns {
        let Some(expected) = row.expected(column) else {
            print!("{:WIDTH$}", "-");
            continue;
        };
        let outcome = Scene::new(column, world).try_out(row.name);
        print!("{:WIDTH$}", outcome.to_string());
        if !expected.met_by(outcome) {
            complaints.push(format!("{}: expected {expected}", column.name));
        }
        seen.push((column.is_open(), outcome));
    }
    if row.is_forbidden() && !proves_something(&seen) {
        complaints.push("fails without a sandbox as well".to_owned());
    }
    if complaints.is_empty() {
        println!();
    } else {
        println!(" WRONG: {}", complaints.join("; "));
    }
    complaints.len()
}

/// What is seen without a sandbox is not what is seen in one. (Not every act can be tried without.)
fn proves_something(seen: &[(bool, Outcome)]) -> bool {
    let open = seen.iter().find(|(open, _)| *open);
    let closed = seen.iter().rfind(|(open, _)| !open);
    open.zip(closed)
        .is_none_or(|((_, open), (_, closed))| open != closed)
}

fn row(name: &str) -> &'static Row {
    rows()
        .chain([&pictures::ROW])
        .find(|row| row.name == name)
        .unwrap()
}
