use std::fmt::Write;

use super::support::Scene;

fn svg(size: &str, content: &str) -> String {
    format!("<svg xmlns='http://www.w3.org/2000/svg' {size}>{content}</svg>")
}

/// A black ring, a hundred pixels wide.
fn ring() -> String {
    svg(
        "width='100' height='50' viewBox='0 0 200 100'",
        "<rect width='200' height='100' fill='white'/><circle cx='100' cy='50' r='40' fill='none' stroke='black' stroke-width='.5'/>",
    )
}

#[test]
fn drawings_become_pictures_of_the_size_that_is_asked_for() {
    let scene = Scene::new();
    scene.write("in/ring.svg", ring());
    let size = |name: &str| {
        let picture = scene.picture(name);
        (picture.width(), picture.height())
    };
    scene.run("convert in -o own").exits(0);
    assert_eq!(scene.names("own"), ["ring.png"]);
    assert_eq!(size("own/ring.png"), (100, 50));
    // A line of a quarter of a pixel is black only where it was drawn large.
    for (ops, expected) in [
        ("--resize 1600x1600", (1600, 800)),
        ("--resize 1600%", (1600, 800)),
        ("--resize 800x800!", (800, 800)),
        ("--resize 800x800 --fit cover", (800, 800)),
        ("--resize 1600x1600 --fit contain", (1600, 1600)),
        ("--rotate 90 --resize 800x1600", (800, 1600)),
        ("--linear --resize 1600", (1600, 800)),
    ] {
        scene
            .run(&format!(
                "convert in -o large {ops} --on-conflict overwrite"
            ))
            .exits(0);
        assert_eq!(size("large/ring.png"), expected, "{ops}");
        let pixels = scene.picture("large/ring.png").into_luma_alpha8();
        let darkest = pixels.pixels().filter(|pixel| pixel.0[1] == 255);
        let darkest = darkest.map(|pixel| pixel.0[0]).min();
        assert_eq!(darkest, Some(0), "{ops}");
    }
    scene.run("convert in -o kept --resize 1600x1600>").exits(0);
    assert_eq!(size("kept/ring.png"), (100, 50));
    scene
        .run("thumbnail in -o thumbs --size 20x20 -f jpeg")
        .exits(0);
    assert_eq!(size("thumbs/ring.jpg"), (20, 10));
}

#[test]
fn only_what_is_drawn_counts_for_the_limit() {
    let scene = Scene::new();
    scene.write(
        "in/large.svg",
        svg("width='60000' height='60000'", "<path d='M0 0h9v9z'/>"),
    );
    scene
        .run("convert in -o out")
        .exits(1)
        .complains(&["60000x60000 is 3600.0 megapixels, more than the limit of 268.4"]);
    scene.run("convert in -o out --resize 600").exits(0);
    scene.write("in/large.svg", ring());
    scene
        .run("convert in -o larger --resize 60000 --max-pixels 1M")
        .exits(1)
        .complains(&["60000x30000", "more than the limit of 1.0"]);
}

#[test]
fn what_is_not_drawn_is_a_warning() {
    let scene = Scene::new();
    scene.write("in/secret.png", "nothing that is looked at");
    let link = format!(
        "<image href='{}' width='9' height='9'/>",
        scene.path("in/secret.png").display()
    );
    let text = "<text y='9'>What is it?</text>";
    scene.write(
        "in/a.svg",
        svg("width='9' height='9'", &format!("{text}{link}")),
    );
    scene.run("convert in/a.svg -o out").exits(0).complains(&[
        "its text, for which there is no font; left out",
        "parts that are not in the file; left out",
    ]);
}

/// Each would take hours, or more memory than there is, if it were let.
#[test]
fn drawings_that_never_end_cost_themselves() {
    let scene = Scene::with(&["logo.png"]);
    let mut twice = String::from("<g id='a0'><path d='M0 0h9v9z'/></g>");
    for at in 0..40 {
        let uses = format!("<use href='#a{at}'/>").repeat(2);
        write!(twice, "<g id='a{}'>{uses}</g>", at + 1).unwrap();
    }
    let mut masks = String::from("<mask id='m0'><path d='M0 0h9v9z' fill='white'/></mask>");
    for at in 0..100 {
        let path = format!("<path d='M0 0h9v9z' fill='white' mask='url(#m{at})'/>");
        write!(masks, "<mask id='m{}'>{}</mask>", at + 1, path.repeat(2)).unwrap();
    }
    masks += "<path d='M0 0h9v9z' mask='url(#m100)'/>";
    let noise = "<filter id='f' x='-10' y='-10' width='20' height='20'><feTurbulence baseFrequency='.9' numOctaves='100000'/></filter>\
                 <rect width='3000' height='3000' filter='url(#f)'/>";
    let laughs =
        "<!DOCTYPE svg [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;'><!ENTITY c '&b;&b;&b;&b;'>]>";
    let size = "width='3000' height='3000'";
    scene.write("in/use.svg", svg(size, &twice));
    scene.write("in/masks.svg", svg(size, &masks));
    scene.write("in/noise.svg", svg(size, noise));
    scene.write(
        "in/laughs.svg",
        format!("{laughs}{}", svg(size, "<desc>&c;</desc>")),
    );
    scene.write("in/deep.svg", svg(size, &"<g>".repeat(100_000)));
    let run = scene.run("convert in -o out --timeout 1s --memory 2G -j 2");
    run.exits(1).complains(&[
        "use.svg: cannot decode",
        "masks.svg: cannot decode: cost 2 workers, and is quarantined",
        "noise.svg: cannot decode: cost 2 workers, and is quarantined",
        "laughs.svg: cannot decode",
        "entities stand for more than they may",
        "deep.svg: cannot decode",
        "1 done, 5 failed",
    ]);
    let made = scene.names("out");
    let pictures = made.iter().filter(|name| name.ends_with("png"));
    assert_eq!(pictures.collect::<Vec<_>>(), ["logo.png"]);
}
