//! The program as people use it: run on real files, looked at from outside.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that meets what it does not expect has failed"
)]

mod again; // the same request again: nothing changed twice, nothing of others replaced
mod assets; // logos and fonts: that they reach the workers, and what happens when they change
mod cli; // help, suggestions, refusals, exit status
mod colors; // profiles kept, converted, stripped, broken; light
mod disk; // places that cannot be written to: read-only, full, another disk
mod drawings; // SVG: sizes, what is not drawn, bombs
mod faults; // kill -9 of workers and of the coordinator: nothing lost, nothing twice, nothing left
mod formats; // what is read and not written, AVIF, progressive JPEG
mod frames; // animations and pages: which are taken, and what becomes of them
mod gain_maps; // pictures for bright screens
mod goals; // files so small, or so good
mod hazards; // pictures that crash, stick and eat: each costs itself, and nothing else
mod inputs; // folders, files, patterns, lists, odd names; what is left out and why
mod library; // `Batch` as another program uses it
mod limits; // too many pixels, too much memory, too many frames, bombs
mod metadata; // what describes pictures: what of it is kept, and that it is true
mod outputs; // names, collisions, what is replaced, permissions and times, two runs at once
mod process;
mod raw; // whole runs: same bytes whatever the workers, what operations and formats make of pictures
mod regressions; // files that were made to break decoders
mod stop; // signals, failures that end the run, readers that go away
mod support; // `Scene`: a folder, the program run in it, what it said and made
mod warnings; // what is told of pictures that were made all the same
