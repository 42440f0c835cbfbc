//! The same request again: typed in another way, after somebody changed an output, over files of which some are damaged.

use crate::support::Scene;

const BAD: &str = "trips/no-picture.jpg";

/// Two pictures and a damaged file, which keeps the journal from being removed.
fn scene() -> Scene {
    let scene = Scene::new();
    scene.copy("orientation/exif-1.jpg", "in/a.jpg");
    scene.copy("orientation/exif-6.jpg", "in/b.jpg");
    scene.copy(BAD, "in/bad.jpg");
    scene
}

#[test]
fn in_place_changes_nothing_twice_however_it_is_typed() {
    let scene = scene();
    scene.run("convert in --in-place --resize 50%").exits(1);
    let once = scene.tree("in");
    for again in ["./in", "in/b.jpg in"] {
        let finished = scene
            .run(&format!("convert {again} --in-place --resize 50% --resume"))
            .exits(1);
        finished.complains(&["0 done", "2 resumed"]);
        assert_eq!(scene.tree("in"), once, "{again}");
    }
    scene
        .run("convert in --in-place --resize 50%")
        .exits(2)
        .complains(&["--resume"]);
    // Neither does a run over another file of the folder forget what was done.
    scene.copy("orientation/exif-2.jpg", "in/c.jpg");
    scene
        .run("convert in/c.jpg --in-place --resize 50%")
        .exits(0);
    scene
        .run("convert in --in-place --resize 50% --resume")
        .exits(1)
        .complains(&["3 resumed"]);
}

#[test]
fn backups_are_no_inputs() {
    let scene = scene();
    let original = scene.read("in/a.jpg");
    scene
        .run("convert in --in-place --backup .orig --resize 50%")
        .exits(1);
    let again = "convert in --in-place --backup .orig --resize 50% --resume";
    scene.run(again).exits(1).complains(&["2 backup"]);
    assert_eq!(scene.read("in/a.jpg.orig"), original);
    assert!(!scene.has("in/a.jpg.orig.orig"));
}

#[test]
fn an_output_that_somebody_changed_is_not_ours_to_replace() {
    let scene = scene();
    scene.run("thumbnail in -o out").exits(1);
    scene.run("thumbnail in -o out").exits(1);
    scene.write("out/a.jpg", "mine");
    scene
        .run("thumbnail in -o out")
        .exits(2)
        .complains(&["out/a.jpg", "--on-conflict"]);
    assert_eq!(scene.read("out/a.jpg"), b"mine");
}

#[test]
fn the_output_folder_may_be_called_by_another_name() {
    let scene = scene();
    scene.run("thumbnail in -o out").exits(1);
    let absolute = scene.path("out");
    for name in ["out/", "./out", absolute.to_str().unwrap()] {
        let finished = scene
            .run(&format!("thumbnail in -o {name} --resume"))
            .exits(1);
        finished.complains(&["0 done", "2 resumed"]);
    }
}

#[test]
fn numbered_outputs_are_recognised() {
    let scene = scene();
    scene.copy("gray.png", "in/a.png");
    let command = "convert in -o out -f png --on-conflict unique";
    scene.run(command).exits(1);
    let once = scene.names("out");
    scene
        .run(&format!("{command} --resume"))
        .exits(1)
        .complains(&["0 done", "3 resumed"]);
    assert_eq!(scene.names("out"), once);
}

#[test]
fn a_second_name_of_a_file_is_left_out_in_place() {
    let scene = Scene::new();
    scene.copy("orientation/exif-1.jpg", "in/a.jpg");
    #[cfg(unix)]
    std::os::unix::fs::symlink("a.jpg", scene.path("in/z.jpg")).unwrap();
    scene
        .run("convert in --in-place --rotate 90")
        .exits(0)
        .complains(&["1 done"]);
}
