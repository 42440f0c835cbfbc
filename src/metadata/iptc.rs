//! IPTC datasets (IPTC-NAA Information Interchange Model 4.2): records of a marker, two numbers, a length and a value.

/// Why bytes are no datasets. Nothing of such bytes travels on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a dataset is cut off or has no mark")]
pub(super) struct IptcError;

/// What of them stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    All,
    /// All that does not say where the picture was taken.
    NoLocation,
    /// Who made it, and who has the rights.
    Credit,
}

/// A dataset: its record and number, and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Dataset {
    number: (u8, u8),
    value: Vec<u8>,
}

const MARK: u8 = 0x1c;
const CHARACTERS: (u8, u8) = (1, 90);
/// The escape sequence that announces UTF-8 (ISO 2022).
const UTF_8: &[u8] = b"\x1b%G";
const VERSION: (u8, u8) = (2, 0);
const BYLINE: (u8, u8) = (2, 80);
const COPYRIGHT: (u8, u8) = (2, 116);

/// The longest byline and notice, in bytes (IIM 4.2, 6).
const LONGEST: [((u8, u8), usize); 2] = [(BYLINE, 32), (COPYRIGHT, 128)];

/// What came of datasets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Edited {
    /// They; none where nothing is left to say.
    pub(super) datasets: Option<Vec<u8>>,
    /// Whether they said where the picture was taken, and do no longer.
    pub(super) lost_location: bool,
}

/// The datasets as they are wanted.
pub(super) fn edited(
    bytes: &[u8],
    keep: Keep,
    artist: Option<&str>,
    copyright: Option<&str>,
) -> Result<Edited, IptcError> {
    let mut datasets = parse(bytes)?;
    let before = datasets.len();
    let lost = datasets.iter().any(|dataset| is_location(dataset.number));
    datasets.retain(|dataset| match keep {
        Keep::All => true,
        Keep::NoLocation => !is_location(dataset.number),
        Keep::Credit => matches!(dataset.number, CHARACTERS | VERSION | BYLINE | COPYRIGHT),
    });
    let mut changed = before != datasets.len();
    for (number, text) in [(BYLINE, artist), (COPYRIGHT, copyright)] {
        if let Some(text) = text {
            set(&mut datasets, number, text);
            changed = true;
        }
    }
    let says = datasets
        .iter()
        .any(|dataset| !matches!(dataset.number, CHARACTERS | VERSION));
    let written = || {
        if changed {
            write(&datasets)
        } else {
            bytes.to_vec()
        }
    };
    Ok(Edited {
        datasets: says.then(written),
        lost_location: lost && keep != Keep::All,
    })
}

/// Places by name and by code, of what is shown and of where it was sent from (IIM 4.2, 6).
const fn is_location(number: (u8, u8)) -> bool {
    matches!(number, (2, 26 | 27 | 90 | 92 | 95 | 100 | 101))
}

fn parse(bytes: &[u8]) -> Result<Vec<Dataset>, IptcError> {
    let mut datasets = Vec::new();
    let mut rest = bytes;
    while let Some((mark, behind)) = rest.split_first() {
        // Some writers make their number even, or round.
        if *mark == 0 && rest.iter().all(|byte| *byte == 0) {
            break;
        }
        let ([record, number, high, low], behind) =
            behind.split_first_chunk::<4>().ok_or(IptcError)?;
        let short = u16::from_be_bytes([*high, *low]);
        let (length, behind) = if short < 0x8000 {
            (usize::from(short), behind)
        } else {
            // The length of the length.
            let digits = usize::from(short & 0x7fff);
            let (digits, behind) = behind.split_at_checked(digits).ok_or(IptcError)?;
            let join = |length: usize, digit: &u8| {
                length.checked_mul(256)?.checked_add(usize::from(*digit))
            };
            let length = digits.iter().try_fold(0, join).ok_or(IptcError)?;
            (length, behind)
        };
        let (value, behind) = behind.split_at_checked(length).ok_or(IptcError)?;
        if *mark != MARK {
            return Err(IptcError);
        }
        datasets.push(Dataset {
            number: (*record, *number),
            value: value.to_vec(),
        });
        rest = behind;
    }
    Ok(datasets)
}

fn write(datasets: &[Dataset]) -> Vec<u8> {
    let mut out = Vec::new();
    for Dataset { number, value } in datasets {
        out.extend([MARK, number.0, number.1]);
        match u16::try_from(value.len()) {
            Ok(length) if length < 0x8000 => out.extend(length.to_be_bytes()),
            _ => {
                out.extend([0x80, 4]);
                out.extend(u32::try_from(value.len()).unwrap_or(u32::MAX).to_be_bytes());
            }
        }
        out.extend(value);
    }
    out
}

/// Says it once, in UTF-8, as far as it may be long.
fn set(datasets: &mut Vec<Dataset>, number: (u8, u8), text: &str) {
    datasets.retain(|dataset| dataset.number != number);
    let most = LONGEST.iter().find(|(of, _)| *of == number);
    let mut end = text.len().min(most.map_or(usize::MAX, |(_, most)| *most));
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    if !text.is_ascii() {
        become_utf_8(datasets);
    }
    let value = text.as_bytes()[..end].to_vec();
    let before = |dataset: &&Dataset| dataset.number <= number;
    let at = datasets.iter().take_while(before).count();
    datasets.insert(at, Dataset { number, value });
}

/// What says nothing of its characters is in Latin 1, or in UTF-8 already, as is seen.
fn become_utf_8(datasets: &mut Vec<Dataset>) {
    let is_so = |dataset: &Dataset| dataset.number == CHARACTERS && dataset.value == UTF_8;
    if datasets.iter().any(is_so) {
        return;
    }
    datasets.retain(|dataset| dataset.number != CHARACTERS);
    for dataset in datasets
        .iter_mut()
        .filter(|dataset| dataset.number.0 == 2 && dataset.number != VERSION)
    {
        if std::str::from_utf8(&dataset.value).is_err() {
            let text: String = dataset.value.iter().map(|byte| char::from(*byte)).collect();
            dataset.value = text.into_bytes();
        }
    }
    datasets.insert(
        0,
        Dataset {
            number: CHARACTERS,
            value: UTF_8.to_vec(),
        },
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset(number: u8, value: &[u8]) -> Vec<u8> {
        let length = u16::try_from(value.len()).unwrap().to_be_bytes();
        [&[MARK, 2, number], length.as_slice(), value].concat()
    }

    fn agency() -> Vec<u8> {
        let sets = [
            dataset(0, &[0, 4]),
            dataset(5, b"a title"),
            dataset(80, b"somebody"),
            dataset(90, b"K\xf6ln"),
            dataset(116, b"(c) somebody"),
        ];
        sets.concat()
    }

    #[test]
    fn places_go_and_credit_stays() {
        let bytes = agency();
        let all = edited(&bytes, Keep::All, None, None).unwrap();
        assert_eq!(all.datasets.as_deref(), Some(bytes.as_slice()));
        let elsewhere = edited(&bytes, Keep::NoLocation, None, None).unwrap();
        assert!(elsewhere.lost_location);
        let left = elsewhere.datasets.unwrap();
        assert!(memchr::memmem::find(&left, b"K\xf6ln").is_none());
        assert_eq!(left.len(), bytes.len() - 9);
        let credit = edited(&bytes, Keep::Credit, None, None).unwrap().datasets;
        let expected = [
            dataset(0, &[0, 4]),
            dataset(80, b"somebody"),
            dataset(116, b"(c) somebody"),
        ];
        assert_eq!(credit.unwrap(), expected.concat());
        let nothing = edited(&dataset(5, b"a title"), Keep::Credit, None, None).unwrap();
        assert_eq!(nothing.datasets, None);
    }

    #[test]
    fn a_name_is_said_once_and_in_characters_that_are_announced() {
        let long = "Jörg ".repeat(9);
        let out = edited(&agency(), Keep::All, Some(&long), Some("© me")).unwrap();
        let datasets = parse(&out.datasets.unwrap()).unwrap();
        let value = |number| {
            let mut found = datasets.iter().filter(|dataset| dataset.number == number);
            let value = std::str::from_utf8(&found.next().unwrap().value).unwrap();
            assert!(found.next().is_none());
            value
        };
        assert_eq!(value(COPYRIGHT), "© me");
        assert_eq!(value((2, 90)), "Köln");
        assert!(long.starts_with(value(BYLINE)) && value(BYLINE).len() >= 31);
        assert_eq!(datasets[0].value, UTF_8);
        assert!(datasets.is_sorted_by_key(|dataset| dataset.number));
    }

    #[test]
    fn what_is_cut_off_is_refused() {
        let bytes = dataset(5, b"a title");
        for length in 1..bytes.len() {
            assert_eq!(parse(&bytes[..length]), Err(IptcError), "{length}");
        }
        assert_eq!(parse(b"\x1c\x02\x05\xff\xff"), Err(IptcError));
        assert_eq!(
            parse(b"\x1c\x02\x05\x80\x08\xff\xff\xff\xff\xff\xff\xff\xff"),
            Err(IptcError)
        );
        assert_eq!(
            parse(&[bytes.as_slice(), &[0, 0]].concat()).unwrap().len(),
            1
        );
        let long = write(&[Dataset {
            number: (2, 120),
            value: vec![b'x'; 40_000],
        }]);
        assert_eq!(parse(&long).unwrap()[0].value.len(), 40_000);
    }
}
