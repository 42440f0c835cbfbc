//! Blocks against the definition of the inverse transform, at every scale.

use super::super::{inverse, make, target};
use super::Dice;

/// Against the definition (ITU-T T.81, A.3.3), in doubles.
#[test]
fn whole_blocks_are_what_the_definition_says() {
    let steps = std::array::from_fn(|at| 1 + u16::try_from(at).unwrap() * 3 % 17);
    let whole = inverse::Whole::new(&steps);
    let dice = &mut Dice(11);
    for round in 0..200 {
        let mut columns = [0_i16; 64];
        for _ in 0..round % 20 {
            columns[dice.below(64) as usize] = i16::from(dice.byte()) / 3 - 40;
        }
        let block = whole.run(columns[0].into(), &columns);
        for (y, row) in block.iter().enumerate() {
            for (x, sample) in row.iter().enumerate() {
                let exact = (defined(&columns, &steps, x, y) + 128.0).clamp(0.0, 255.0);
                assert!(
                    (f64::from(*sample) - exact).abs() < 0.501,
                    "{sample} is not {exact}"
                );
            }
        }
    }
}

fn defined(columns: &[i16; 64], steps: &[u16; 64], x: usize, y: usize) -> f64 {
    let wave = |frequency: usize, place: usize| {
        let scale = if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let number = f64::from(u8::try_from((2 * place + 1) * frequency).unwrap());
        scale * (number * std::f64::consts::PI / 16.0).cos() / 2.0
    };
    let places = inverse::ZIGZAG.iter().zip(steps);
    places
        .map(|(place, step)| {
            let (row, column) = (place / 8, place % 8);
            let value = f64::from(columns[8 * column + row]) * f64::from(*step);
            value * wave(row, y) * wave(column, x)
        })
        .sum()
}

/// At every scale, a block is what the definition makes of its lowest waves.
#[test]
fn small_pictures_are_what_the_definition_says() {
    let wave = |frequency: usize, place: usize, count: usize| {
        let scale = if frequency == 0 { 0.5_f64.sqrt() } else { 1.0 };
        let turn = ((2 * place + 1) * frequency) as f64 / (2 * count) as f64;
        scale * (turn * std::f64::consts::PI).cos() / 2.0
    };
    let dice = &mut Dice(9);
    for scale in make::SCALES {
        let (across, down) = scale;
        let steps: [u16; 64] = std::array::from_fn(|_| 1 + u16::from(dice.byte()) / 16);
        let numbers: [i16; 64] = std::array::from_fn(|at| {
            let most = if at < 10 { 40 } else { 4 };
            i16::from(dice.byte()) % most - most / 2
        });
        let mut target = target::Target::Samples(target::Plane::new(1, 1, scale));
        let make = make::make_for(&target, &steps);
        let mut block = [0; 64];
        for (at, number) in numbers.iter().enumerate() {
            block[make.order().place(at)] = *number;
        }
        make.one(&block, numbers[0].into(), 0, &mut target);
        let target::Target::Samples(plane) = target else {
            panic!("it was made so")
        };
        for (at, sample) in plane.samples.iter().enumerate() {
            let (y, x) = (at / across, at % across);
            let value = |(n, place): (usize, usize)| {
                let (row, column) = (place / 8, place % 8);
                let there = row < down && column < across;
                let height =
                    f64::from(numbers[n]) * f64::from(steps[n]) * f64::from(u8::from(there));
                height * wave(row, y, down) * wave(column, x, across)
            };
            let sum: f64 = inverse::ZIGZAG.into_iter().enumerate().map(value).sum();
            let expected = (sum + 128.0).clamp(0.0, 255.0);
            assert!(
                (f64::from(*sample) - expected).abs() < 0.51,
                "{scale:?} {x} {y}"
            );
        }
    }
}
