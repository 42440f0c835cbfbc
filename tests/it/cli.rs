//! What is typed and what is answered: help, suggestions, refusals, exit status.

use super::support::{Finished, Scene};

/// Stops nothing, changes nothing: most of these need no picture.
fn asked(arguments: &str) -> Finished {
    Scene::with(&["tiny.png"]).run(arguments)
}

#[test]
fn the_exit_status_says_how_it_went() {
    let scene = Scene::with(&["tiny.png"]);
    scene.run("thumbnail in -o out").exits(0);
    scene.copy("trips/no-picture.jpg", "bad/no-picture.jpg");
    scene.run("thumbnail bad -o out2").exits(1);
    scene.run("thumbnail nowhere -o out3").exits(2);
    scene.run("thumbnail in -o in/tiny.png/out").exits(3);
    // 130 is in `stop`, where signals are.
}

#[test]
fn nothing_asked_is_answered_with_help() {
    let finished = asked("").exits(2);
    assert!(finished.stderr.contains("Usage: lightmill <COMMAND>"));
    let help = asked("--help").exits(0).stdout;
    for command in [
        "thumbnail",
        "convert",
        "ops",
        "formats",
        "completions",
        "man",
    ] {
        assert!(
            help.contains(&format!("\n  {command} ")),
            "{command}: {help}"
        );
    }
    assert!(help.contains("Exit status: 0 "));
    let version = asked("--version").exits(0).stdout;
    assert_eq!(
        version,
        concat!("lightmill ", env!("CARGO_PKG_VERSION"), "\n")
    );
}

#[test]
fn help_has_examples_that_can_be_run() {
    for command in ["thumbnail", "convert"] {
        let help = asked(&format!("{command} --help")).exits(0).stdout;
        let (_, examples) = help.split_once("Examples:\n").unwrap();
        let line = |line: &&str| line.starts_with(&format!("  lightmill {command} "));
        assert!(examples.lines().filter(line).count() >= 3, "{examples}");
        for info in lightmill::pipeline::ops::ALL {
            assert!(help.contains(&format!("--{}", info.name)), "{}", info.name);
        }
    }
    let scene = Scene::new();
    scene.copy("tiny.png", "photos/2024/tiny.png");
    let call = scene.call("thumbnail photos -o web -f webp --template");
    call.arg("{dir}/{stem}-{width}.{ext}").run().exits(0);
    assert_eq!(scene.names("web"), ["2024/tiny-1.webp"]);
    let call = scene.call("convert photos -o out --sharpen 0.8 -f jpeg -q 82 --resize");
    call.arg("1600x1600>").run().exits(0);
}

#[track_caller]
fn refused(arguments: &str, words: &[&str]) {
    let scene = Scene::with(&["tiny.png"]);
    let before = scene.tree(".");
    scene.run(arguments).exits(2).complains(words);
    assert_eq!(scene.tree("."), before);
}

#[test]
fn slips_are_answered_with_what_was_meant() {
    refused("convret in -o out", &["'convert'"]);
    refused("convert in -o out --blurr 2", &["'--blur'"]);
    refused("convert in -o out --grayscal", &["'--grayscale'"]);
    refused("thumbnail in --ouput out", &["'--output'"]);
    refused("convert in -o out -f pgn", &["did you mean `png`?"]);
    refused("convert in -o out -f jepg", &["did you mean `jpeg`?"]);
    refused("convert in -o out --fit covr", &["'cover'"]);
    refused("convert in -o out --on-conflict skp", &["'skip'"]);
    refused("ops blru", &["did you mean `blur`?"]);
    refused("man convrt", &["did you mean `convert`?"]);
    refused("convert in -o out --median 5", &["write --median=5"]);
    refused("thumbnail --sepia 0.5 in -o out", &["write --sepia=0.5"]);
    let template = "convert in -o out --template {stme}.{ext}";
    refused(template, &["did you mean `stem`?"]);
}

#[test]
fn what_contradicts_itself_is_refused() {
    refused("convert in -o out --in-place", &["--in-place"]);
    refused(
        "convert in -o out --backup .orig",
        &["--backup", "there is no --in-place"],
    );
    refused("convert in -o out -f png -q 80", &["png", "no quality"]);
    refused("convert in -o out -f bmp --effort 3", &["bmp", "effort"]);
    let call = "convert in -o out -f png --jpeg subsampling=444";
    refused(call, &["--jpeg", "png"]);
    let call = "convert in -o out --jpeg subsampling=411";
    refused(call, &["`--jpeg` cannot take", "444, 422, 440 or 420"]);
    for format in ["jpeg", "gif", "hdr"] {
        let call = format!("convert in -o out -f {format} --lossless");
        refused(&call, &[format, "cannot be lossless"]);
    }
    let call = "thumbnail in -o out -f webp --lossless -q 80";
    refused(call, &["--lossless", "--quality"]);
    refused(
        "convert in --in-place -f png",
        &["--format", "name a folder with -o"],
    );
    refused("convert in --in-place --template {name}", &["--template"]);
    refused(
        "convert in --in-place --on-conflict skip",
        &["--on-conflict skip"],
    );
    refused("convert in --in-place --backup a/b", &["no suffix"]);
    refused("convert in -o out --verbose --quiet", &["--quiet"]);
    refused(
        "convert in -o out --fail-fast --max-failures 2",
        &["--max-failures"],
    );
    refused(
        "convert in -o out --no-upscale --no-downscale",
        &["--no-downscale"],
    );
    refused("convert in -o out -0", &["--files-from"]);
}

#[test]
fn what_is_incomplete_or_out_of_range_is_refused() {
    refused("convert in", &["no output", "-o", "--in-place"]);
    refused("convert -o out", &["no input", "--files-from"]);
    refused("convert in -o out -j 0", &["--jobs"]);
    refused("convert in -o out -q 101", &["--quality"]);
    refused("convert in -o out --max-pixels 0", &["268M"]);
    refused("convert in -o out --blur x", &["`blur` cannot take `x`"]);
    refused("convert in -o out --crop 0x0", &["without pixels"]);
    refused(
        "convert in -o out --background blak",
        &["`blak` is no colour"],
    );
    refused(
        "convert in -o out --template fixed.png",
        &["all outputs alike"],
    );
    refused(
        "convert in -o out --template ../{stem}",
        &["below the output folder"],
    );
    refused("convert in -o out --exclude [", &["`[` is no pattern"]);
    refused(
        "convert in -o out --files-from nolist",
        &["cannot read the list nolist"],
    );
}

#[test]
fn operations_are_listed_and_explained() {
    let list = asked("ops").exits(0).stdout;
    for info in lightmill::pipeline::ops::ALL {
        assert!(list.contains(&info.usage()), "{}", info.name);
        let scene = Scene::with(&["plain.ppm"]);
        let told = scene.run(&format!("ops {}", info.name)).exits(0).stdout;
        assert!(told.contains(info.summary), "{told}");
        // The example is one.
        let call = scene.call("convert in -o out");
        let typed = info.typed_example();
        let mut words = typed.split([' ', ',', '=']);
        if let Some(sample) = words.find_map(|word| word.strip_prefix("sample_images/")) {
            scene.copy(sample, format!("sample_images/{sample}"));
        }
        let call = match typed.split_once(' ') {
            Some((flag, value)) if !flag.contains('=') => call.arg(flag).arg(value),
            Some(_) | None => call.arg(typed),
        };
        call.run().exits(0);
    }
    let blur = asked("ops blur").exits(0).stdout;
    assert!(
        blur.contains("lightmill convert photos -o out --blur"),
        "{blur}"
    );
}

#[test]
fn formats_are_listed() {
    let list = asked("formats").exits(0).stdout;
    for codec in lightmill::codecs::ALL {
        let info = codec.info();
        let row = list
            .lines()
            .find(|line| line.split(' ').next() == Some(info.name));
        let row = row.unwrap_or_else(|| panic!("{}: {list}", info.name));
        assert!(row.contains(info.extensions[0]), "{row}");
    }
}

#[test]
fn shells_get_completions() {
    for (shell, mark) in [
        ("bash", "complete -F _lightmill"),
        ("zsh", "#compdef lightmill"),
        ("fish", "complete -c lightmill"),
    ] {
        let script = asked(&format!("completions {shell}")).exits(0).stdout;
        assert!(script.contains(mark), "{shell}");
        assert!(
            script.contains("unsharp") || script.contains("sharpen"),
            "{shell}"
        );
        assert!(!script.contains("__lightmill-worker"), "{shell}");
    }
}

#[test]
fn manual_pages_are_printed_and_written() {
    let page = asked("man").exits(0).stdout;
    assert!(page.contains(".TH LIGHTMILL 1"), "{page}");
    let page = asked("man convert").exits(0).stdout;
    assert!(page.contains("\\-\\-blur"), "{page}");
    let scene = Scene::new();
    scene.run("man --dir share/man1").exits(0);
    let names = scene.names("share/man1");
    for name in [
        "lightmill.1",
        "lightmill-convert.1",
        "lightmill-thumbnail.1",
    ] {
        assert!(names.iter().any(|made| made == name), "{name}: {names:?}");
    }
}

#[test]
fn quiet_says_nothing_but_what_failed() {
    let scene = Scene::with(&["tiny.png"]);
    let finished = scene.run("thumbnail in -o out --quiet").exits(0);
    assert_eq!(
        (finished.stdout.as_str(), finished.stderr.as_str()),
        ("", "")
    );
    scene.copy("trips/no-picture.jpg", "in/bad.jpg");
    let finished = scene.run("thumbnail in -o out2 --quiet").exits(1);
    assert_eq!(finished.stderr.lines().count(), 1);
    finished.complains(&["failed: in/bad.jpg: "]);
}

#[test]
fn verbose_names_every_image() {
    let scene = Scene::with(&["tiny.png", "plain.ppm"]);
    let finished = scene.run("thumbnail in -o out --verbose").exits(0);
    finished.complains(&["in/tiny.png", "in/plain.ppm", "2 done, 0 failed"]);
}

#[test]
fn a_dry_run_says_what_would_be_done_and_does_nothing() {
    let scene = Scene::with(&["tiny.png", "trips/2024/harbour.jpg"]);
    let before = scene.tree(".");
    let finished = scene.run("thumbnail in -o out --dry-run").exits(0);
    assert_eq!(
        finished.stdout,
        "in/tiny.png -> out/tiny.png\nin/trips/2024/harbour.jpg -> out/trips/2024/harbour.jpg\n"
    );
    finished.complains(&["2 images planned; nothing was written"]);
    scene.run("convert in --in-place --flip -n").exits(0);
    assert_eq!(scene.tree("."), before);
    // Events say the same, and are not mixed with it.
    let finished = scene
        .run("thumbnail in -o out --dry-run --events -")
        .exits(0);
    assert_eq!(finished.events_named("planned").len(), 2);
    assert_eq!(finished.summary()["done"], 0);
}

#[test]
fn events_and_reports_go_to_files() {
    let scene = Scene::with(&["tiny.png", "trips/no-picture.jpg"]);
    let command = "thumbnail in -o out --events events.jsonl --report report.json";
    let finished = scene.run(command).exits(1);
    assert_eq!(finished.stdout, "");
    let events = String::from_utf8(scene.read("events.jsonl")).unwrap();
    let events = super::support::events_of(&events);
    assert!(events.iter().all(|event| event["v"] == 1));
    let report: serde_json::Value = serde_json::from_slice(&scene.read("report.json")).unwrap();
    assert_eq!(report["summary"], events.last().unwrap()["summary"]);
    let images = report["images"].as_array().unwrap();
    let outcomes: Vec<_> = images.iter().map(|image| &image["outcome"]).collect();
    assert_eq!(outcomes, ["done", "failed"]);
    // A place where nothing can be written is said before anything is done.
    scene
        .run("thumbnail in -o out2 --events no/such/folder")
        .exits(3)
        .complains(&["no/such/folder"]);
    assert!(!scene.has("out2"));
}

#[test]
fn a_picture_of_too_many_pixels_fails_with_a_hint() {
    let scene = Scene::with(&["tiny.png", "gray.jpg"]);
    let finished = scene
        .run("thumbnail in -o out --max-pixels 1k --events -")
        .exits(1);
    let failed = &finished.events_named("job-failed")[0];
    assert_eq!(failed["source"], "in/gray.jpg");
    assert_eq!(failed["failure"]["kind"], "too-large");
    finished.complains(&["hint: raise --max-pixels"]);
    assert!(scene.has("out/tiny.png"));
}

#[test]
fn workers_are_not_started_by_hand() {
    let finished = asked("__lightmill-worker");
    assert_eq!(finished.code, Some(1));
    finished.complains(&["is for the coordinator to call"]);
}

#[test]
fn flags_that_nothing_would_heed_are_refused() {
    let scene = Scene::with(&["gray.png"]);
    for flags in [
        "--fit cover",
        "--kernel box",
        "--no-upscale",
        "--gravity north",
    ] {
        let finished = scene.run(&format!("convert in -o out {flags}")).exits(2);
        finished.complains(&[flags.split(' ').next().unwrap(), "--resize"]);
    }
}

#[test]
fn a_lone_size_is_the_longest_side_whatever_stands_behind_it() {
    for size in ["100", "100>", "100!"] {
        let scene = Scene::with(&["portrait.jpg"]);
        scene
            .call("thumbnail in -o out --size")
            .arg(size)
            .run()
            .exits(0);
        let picture = scene.picture("out/portrait.jpg");
        assert_eq!(picture.width().max(picture.height()), 100, "{size}");
    }
}
