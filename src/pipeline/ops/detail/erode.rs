//! Let what is dark grow.

super::extreme::extreme!(
    /// Makes each sample the least of those around it.
    Erode,
    "erode",
    Extreme::Least,
    "let what is dark grow, by the least of square windows",
    "OpenCV and sharp `erode`, ImageMagick `-morphology erode square:N`, Pillow `MinFilter` (takes the side)"
);
