//! Colours, where they are wanted.

/// A colour of the terminal's own palette.
#[derive(Debug, Clone, Copy)]
pub(super) enum Ink {
    /// Went wrong.
    Red,
    /// Went well.
    Green,
    /// Went otherwise than planned.
    Yellow,
    /// Advice.
    Cyan,
}

impl Ink {
    const fn code(self) -> u8 {
        match self {
            Self::Red => 31,
            Self::Green => 32,
            Self::Yellow => 33,
            Self::Cyan => 36,
        }
    }
}

/// Whether there are colours.
#[derive(Debug, Clone, Copy)]
pub(super) struct Palette {
    pub(super) color: bool,
}

impl Palette {
    pub(super) fn paint(self, ink: Ink, text: &str) -> String {
        if self.color {
            format!("\x1b[{}m{text}\x1b[0m", ink.code())
        } else {
            text.to_owned()
        }
    }
}
