//! "did you mean": the nearest of a list of words.

/// The candidate that a mistyped `word` most likely stands for, if any is near enough to be worth naming.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (likeness(&word, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// From 0 to 1. Of short words, two letters that changed places leave little that is alike in place.
fn likeness(word: &str, candidate: &str) -> f64 {
    let one_slip = strsim::osa_distance(word, candidate) == 1 && word.chars().count() > 2;
    strsim::jaro_winkler(word, candidate).max(if one_slip { 0.85 } else { 0.0 })
}

/// A hint that can be put behind an error: `; did you mean `x`?`, or nothing.
pub fn hint<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, candidates).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_nonsense_is_not() {
        let words = ["resize", "rotate", "blur", "grayscale"];
        assert_eq!(nearest("resise", words), Some("resize"));
        assert_eq!(nearest("greyscale", words), Some("grayscale"));
        assert_eq!(nearest("xyzzy", words), None);
        assert_eq!(nearest("pgn", ["jpeg", "png", "pnm"]), Some("png"));
        assert_eq!(nearest("ab", ["ac", "b"]), None);
    }
}
