//! Detail.

use super::*;

pub(super) const CASES: Cases = Cases {
    more: &[
        "blur 0.6",
        "blur 7",
        "sharpen 4,amount=2,threshold=0.2",
        "median 1",
        "median 7",
        "median 9",
        "motion-blur 3",
        "motion-blur 40,angle=77",
        "high-pass 0.7",
        "convolve 1 2 1/2 4 2/1 2 1",
        "convolve -1 0 1,offset=0.5,divisor=2",
        "sobel",
        "canny 0,low=0.2,high=0.5",
        "emboss",
        "pixelate 4",
        "vignette",
        "grain",
        "grain 0.3,size=1,seed=9,color",
    ],
    same: &[
        "blur 0",
        "sharpen 0",
        "sharpen 2,amount=0",
        "motion-blur 0",
        "motion-blur 1,angle=30",
        "convolve 0 0 0/0 3 0/0 0 0",
        "pixelate 1",
        "pixelate 0%",
        "vignette 0",
        "grain 0",
        "median 0",
    ],
    mirrored: &["median 1", "median 5", "median 8", "median 20", "vignette"],
    rough: &[],
};
