//! How far a build is, for whoever waits at a terminal: a bar for each step.

use std::sync::Mutex;

use daybook_production::build::Progress;
use indicatif::{ProgressBar, ProgressStyle};

/// One bar at a time.
#[derive(Default)]
pub(super) struct Bars {
    shown: Mutex<Option<(&'static str, ProgressBar)>>,
}

impl Bars {
    /// A step of the builder.
    pub(super) fn tell(&self, progress: Progress) {
        self.show(progress.step.word(), progress.done, progress.all);
    }

    /// So many of all of a step that has this word.
    pub(super) fn show(&self, word: &'static str, done: u64, all: u64) {
        let Ok(mut shown) = self.shown.lock() else { return };
        if shown.as_ref().is_none_or(|(known, _)| *known != word) {
            end(&mut shown);
            *shown = Some((word, bar(word, all)));
        }
        if let Some((_, bar)) = &*shown {
            bar.set_position(done);
        }
    }

    /// Takes the bar away.
    pub(super) fn clear(&self) {
        if let Ok(mut shown) = self.shown.lock() {
            end(&mut shown);
        }
    }
}

impl Drop for Bars {
    fn drop(&mut self) {
        self.clear();
    }
}

fn end(shown: &mut Option<(&'static str, ProgressBar)>) {
    if let Some((_, bar)) = shown.take() {
        bar.finish_and_clear();
    }
}

fn bar(word: &'static str, all: u64) -> ProgressBar {
    let style =
        ProgressStyle::with_template("{msg:14} {wide_bar} {human_pos}/{human_len}  {per_sec}  {eta} left");
    let bar = ProgressBar::new(all).with_message(word);
    style.map_or_else(|_| bar.clone(), |style| bar.clone().with_style(style))
}
