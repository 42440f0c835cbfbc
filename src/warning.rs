//! What must be said of an image that was made all the same: data that crosses processes and is counted, as a
//! [`Failure`](crate::failure::Failure) is.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize};

use crate::failure::plain;

/// What kind of thing there is to say. Every question about a kind is an exhaustive match in this file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarningKind {
    /// Data of the picture are missing or broken. An error where `--strict` asks for it.
    Damaged,
    /// The file holds more pictures than the one that is kept.
    FramesDropped,
    /// The picture has parts that are not drawn.
    PartsDropped,
    /// What describes the picture does not fit into the target format.
    MetadataDropped,
    /// The colour profile cannot be used.
    ProfileIgnored,
    /// No quality makes the picture look as good as it should.
    BelowTarget,
}

impl WarningKind {
    /// The word for people and for the events.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Damaged => "damaged",
            Self::FramesDropped => "frames-dropped",
            Self::PartsDropped => "parts-dropped",
            Self::MetadataDropped => "metadata-dropped",
            Self::ProfileIgnored => "profile-ignored",
            Self::BelowTarget => "below-target",
        }
    }

    /// What was done about it, behind the reason.
    const fn consequence(self) -> &'static str {
        match self {
            Self::Damaged => "decoded as far as it goes",
            Self::FramesDropped => "only the first is kept",
            Self::PartsDropped | Self::MetadataDropped => "left out",
            Self::ProfileIgnored => "taken for sRGB",
            Self::BelowTarget => "written all the same",
        }
    }
}

impl fmt::Display for WarningKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// How the data of a picture are damaged. Whatever decoder met it says it in these words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Damage {
    /// The file ends before the picture does.
    Truncated,
    /// Something in it cannot be as it is.
    Corrupt,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Truncated => "the file ends too early",
            Self::Corrupt => "the data are corrupt",
        })
    }
}

/// Something that must be said of an image that was made all the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// What kind of thing.
    pub kind: WarningKind,
    /// What was found, and where.
    #[serde(deserialize_with = "one_plain_line")]
    pub reason: String,
}

impl Warning {
    /// The picture of a file of this format was decoded as far as that goes.
    pub fn damaged(format: impl fmt::Display, damage: Damage) -> Self {
        Self::new(
            WarningKind::Damaged,
            &format!("damaged {format} file: {damage}"),
        )
    }

    /// One picture was kept of `what`.
    pub fn frames_dropped(what: &str) -> Self {
        Self::new(WarningKind::FramesDropped, what)
    }

    /// The picture was drawn without this part of it.
    pub fn part_dropped(what: &str) -> Self {
        Self::new(WarningKind::PartsDropped, what)
    }

    /// A block of so many bytes was left out of a file of a format that holds blocks of `most` bytes.
    pub fn metadata_dropped(
        what: &str,
        bytes: usize,
        format: impl fmt::Display,
        most: usize,
    ) -> Self {
        let reason = format!("{what} of {bytes} bytes, where {format} holds at most {most}");
        Self::new(WarningKind::MetadataDropped, &reason)
    }

    /// A block cannot be understood, for this reason.
    pub fn metadata_broken(what: &str, reason: impl fmt::Display) -> Self {
        let reason = format!("{what} that makes no sense: {reason}");
        Self::new(WarningKind::MetadataDropped, &reason)
    }

    /// Something was to be written that a format has no place for.
    pub fn no_place_for(what: &str, format: impl fmt::Display) -> Self {
        let reason = format!("{what}, which {format} has no place for");
        Self::new(WarningKind::MetadataDropped, &reason)
    }

    /// The gain map of a picture for bright screens was left out, for this reason.
    pub fn gain_map_dropped(why: &str) -> Self {
        let reason = format!("its gain map for bright screens, {why}");
        Self::new(WarningKind::MetadataDropped, &reason)
    }

    /// The colour profile cannot be used, for this reason.
    pub fn profile_ignored(reason: impl fmt::Display) -> Self {
        let reason = format!("its colour profile is of no use: {reason}");
        Self::new(WarningKind::ProfileIgnored, &reason)
    }

    /// The best that can be done scores no more than this, where so much was asked for.
    pub fn below_target(reached: f64, wanted: f64) -> Self {
        let reason = format!("it scores {reached:.1} at the most, and {wanted} was asked for");
        Self::new(WarningKind::BelowTarget, &reason)
    }

    /// Nobody has compared several pictures with what they were made of, and that was asked for.
    pub fn unscored() -> Self {
        let reason = "no score is reached for by files of several pictures";
        Self::new(WarningKind::BelowTarget, reason)
    }

    fn new(kind: WarningKind, reason: &str) -> Self {
        let reason = plain(reason);
        Self { kind, reason }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}; {}", self.reason, self.kind.consequence())
    }
}

/// A reason that another process has written: as plain and short as ours.
fn one_plain_line<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    String::deserialize(from).map(|reason| plain(&reason))
}

/// The warnings of one image: each once, and few.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Warnings(Vec<Warning>);

/// The most warnings that are kept of an image.
const MOST: usize = 8;

impl Warnings {
    /// None.
    pub const fn none() -> Self {
        Self(Vec::new())
    }

    /// Adds one, unless it is there already, or there are as many as are kept.
    pub fn add(&mut self, warning: Warning) {
        if self.0.len() < MOST && !self.0.contains(&warning) {
            self.0.push(warning);
        }
    }

    /// The first that says that the picture is damaged.
    pub fn damage(&self) -> Option<&Warning> {
        self.iter()
            .find(|warning| warning.kind == WarningKind::Damaged)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them, in the order of their discovery.
    pub fn iter(&self) -> std::slice::Iter<'_, Warning> {
        self.0.iter()
    }
}

impl Extend<Warning> for Warnings {
    fn extend<T: IntoIterator<Item = Warning>>(&mut self, warnings: T) {
        warnings.into_iter().for_each(|warning| self.add(warning));
    }
}

impl FromIterator<Warning> for Warnings {
    fn from_iter<T: IntoIterator<Item = Warning>>(warnings: T) -> Self {
        let mut few = Self::none();
        few.extend(warnings);
        few
    }
}

impl IntoIterator for Warnings {
    type Item = Warning;
    type IntoIter = std::vec::IntoIter<Warning>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'a> IntoIterator for &'a Warnings {
    type Item = &'a Warning;
    type IntoIter = std::slice::Iter<'a, Warning>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<'de> Deserialize<'de> for Warnings {
    /// Those that another process has written: as few as ours.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Vec::<Warning>::deserialize(from).map(Self::from_iter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_one_line_that_says_what_was_done() {
        let warnings = [
            Warning::damaged("jpeg", Damage::Truncated),
            Warning::damaged("jpeg", Damage::Corrupt),
            Warning::frames_dropped("an animation of several frames"),
            Warning::part_dropped("its text, for which there is no font"),
            Warning::metadata_dropped("EXIF", 70_000, "jpeg", 65_527),
            Warning::metadata_broken("EXIF", "its directories overlap"),
            Warning::no_place_for("copyright and artist", "gif"),
            Warning::profile_ignored("it is torn"),
            Warning::below_target(71.26, 80.0),
        ];
        let lines: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(lines.join("\n"), @"
        damaged jpeg file: the file ends too early; decoded as far as it goes
        damaged jpeg file: the data are corrupt; decoded as far as it goes
        an animation of several frames; only the first is kept
        its text, for which there is no font; left out
        EXIF of 70000 bytes, where jpeg holds at most 65527; left out
        EXIF that makes no sense: its directories overlap; left out
        copyright and artist, which gif has no place for; left out
        its colour profile is of no use: it is torn; taken for sRGB
        it scores 71.3 at the most, and 80 was asked for; written all the same
        ");
    }

    #[test]
    fn they_are_few_and_each_is_there_once() {
        let corrupt = || Warning::damaged("jpeg", Damage::Corrupt);
        let warnings: Warnings = (0..100)
            .map(|at| Warning::frames_dropped(&at.to_string()))
            .collect();
        assert_eq!(warnings.iter().count(), MOST);
        let warnings: Warnings = [corrupt(), corrupt()].into_iter().collect();
        assert_eq!(warnings.iter().count(), 1);
        assert_eq!(warnings.damage(), Some(&corrupt()));
    }

    #[test]
    fn what_comes_from_elsewhere_is_made_few_and_plain_as_well() {
        let hostile: Vec<Warning> = (0..1000)
            .map(|at| Warning {
                kind: WarningKind::Damaged,
                reason: format!("{at}\u{1b}]0;pwned\u{7}\n").repeat(100),
            })
            .collect();
        let bytes = postcard::to_stdvec(&hostile).unwrap();
        let heard: Warnings = postcard::from_bytes(&bytes).unwrap();
        assert_eq!(heard.iter().count(), MOST);
        for warning in &heard {
            assert!(warning.reason.chars().count() <= 300);
            assert!(!warning.reason.chars().any(char::is_control), "{warning:?}");
        }
    }
}
