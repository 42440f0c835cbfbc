//! Let what is bright grow.

super::extreme::extreme!(
    /// Makes each sample the greatest of those around it.
    Dilate,
    "dilate",
    Extreme::Greatest,
    "let what is bright grow, by the greatest of square windows",
    "OpenCV and sharp `dilate`, ImageMagick `-morphology dilate square:N`, Pillow `MaxFilter` (takes the side)"
);
