//! Composition.

use super::*;

pub(super) const CASES: Cases = Cases {
    more: &[
        "overlay sample_images/logo.png",
        "overlay sample_images/logo.png,width=13,tile,offset=-3+5,opacity=0.3",
        "overlay sample_images/gray.png,height=200%,gravity=northeast,blend=screen",
        "overlay sample_images/orientation/exif-6.jpg,width=10,height=17,blend=soft-light",
        "overlay sample_images/logo.png,width=100%,blend=color-dodge",
        "overlay sample_images/logo.png,width=100%,blend=multiply",
        "flatten",
        "flatten #808080",
        "text Ä\\n\"quoted\",size=40%,gravity=northwest,color=#00000080",
        "text \"wrapped, of course\",size=9,width=30,outline=#fff,outline-width=2,opacity=0.5",
        "frame",
        "frame 3,color=transparent,line-width=0",
        "frame 10%,color=#333,line=#f80,line-width=1,caption=\"One,\\ntwo\",size=9,text-color=#ff0",
    ],
    same: &[
        "overlay sample_images/logo.png,opacity=0",
        "text \" \"",
        "text a,opacity=0",
        "frame 0,line-width=0",
    ],
    mirrored: &["flatten", "flatten #ff8800", "frame 2,color=#123"],
    rough: &[("overlay", 2.5)],
    constant: &[],
    uneven: &[
        ("overlay", "lays a picture over it"),
        ("text", "writes on it"),
        ("frame", "adds a colour"),
    ],
    turned: &[
        ("flatten #ff8800", "", 0.0),
        ("frame 10%,color=#333", "", 0.0),
    ],
    turned_whole: &[],
    directed: &[
        ("overlay", "what is laid over it is not turned"),
        ("text", "lines are written along rows"),
    ],
};
