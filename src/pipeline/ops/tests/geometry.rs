//! Geometry.

use super::*;

pub(super) const CASES: Cases = Cases {
    more: &[
        "resize 20x30",
        "resize 55x44!,kernel=catmull-rom",
        "resize 50x20,fit=cover,gravity=east",
        "resize 50x60,fit=contain,background=#ff8800",
        "resize 30%,kernel=nearest",
        "crop 30%,gravity=southeast",
        "extend 3",
        "rotate 90",
        "rotate 33",
        "rotate 211.5,background=#f80a",
        "extend top=2,left=1,background=#ff8800",
    ],
    same: &[
        "auto-orient",
        "resize 41x37",
        "resize 100%",
        "resize 500x500>,fit=cover",
        "crop 100%",
        "crop 41x37+0+0",
        "extend 0",
        "rotate 0",
        "rotate 720",
        "rotate -360",
    ],
    mirrored: &[],
    rough: &[("resize", 2.5)],
};
