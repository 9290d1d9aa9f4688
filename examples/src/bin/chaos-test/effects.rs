//! The effects of the handlers, in files that outlive the processes.

use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The file of a worker. Each line is one write, so a worker that is killed writes it completely or
/// not at all.
#[derive(Debug, Clone)]
pub(crate) struct Effects(Arc<File>);

impl Effects {
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Arc::new(file)))
    }

    /// Records that a handler has handled an event.
    pub(crate) fn note(&self, handler: &str, number: u64) -> io::Result<()> {
        (&*self.0).write_all(format!("{handler} {number}\n").as_bytes())
    }
}

/// Sums up the files of all workers while they grow.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    files: Vec<EffectsFile>,
    /// How often each handler has handled each event.
    done: HashMap<(String, u64), u32>,
}

#[derive(Debug)]
struct EffectsFile {
    path: PathBuf,
    reader: BufReader<File>,
    /// An incomplete last line.
    line: String,
}

impl EffectsFile {
    fn open(path: PathBuf) -> io::Result<Self> {
        Ok(Self {
            reader: BufReader::new(File::open(&path)?),
            path,
            line: String::new(),
        })
    }

    /// Returns the next handler and number of an event, if the line is complete.
    fn next(&mut self) -> io::Result<Option<(String, u64)>> {
        self.reader.read_line(&mut self.line)?;
        let Some(line) = self.line.strip_suffix('\n') else {
            return Ok(None);
        };
        let effect = line.split_once(' ');
        let effect = effect.and_then(|(handler, number)| Some((handler, number.parse().ok()?)));
        let (handler, number) = effect.ok_or_else(|| {
            let what = format!("{}: not an effect: {line:?}", self.path.display());
            io::Error::new(io::ErrorKind::InvalidData, what)
        })?;
        let effect = (handler.to_owned(), number);
        self.line.clear();
        Ok(Some(effect))
    }
}

impl Tally {
    /// Reads new lines in the files of a directory, and returns the number of first effects.
    pub(crate) fn update(&mut self, folder: &Path) -> io::Result<Vec<(String, u64)>> {
        for entry in folder.read_dir()? {
            let path = entry?.path();
            let is_known = self.files.iter().any(|known| known.path == path);
            if !is_known && path.extension().is_some_and(|ending| ending == "effects") {
                self.files.push(EffectsFile::open(path)?);
            }
        }
        let mut first = Vec::new();
        for file in &mut self.files {
            while let Some(pair) = file.next()? {
                let times = self.done.entry(pair.clone()).or_default();
                *times += 1;
                if *times == 1 {
                    first.push(pair);
                }
            }
        }
        Ok(first)
    }

    /// Adds an effect that is not in the files.
    pub(crate) fn add(&mut self, handler: &str, number: u64) {
        *self.done.entry((handler.to_owned(), number)).or_default() += 1;
    }

    /// Returns the number of repeated effects.
    pub(crate) fn repeated(&self) -> u64 {
        self.done.values().map(|times| u64::from(times - 1)).sum()
    }

    pub(crate) fn has(&self, handler: &str, number: u64) -> bool {
        self.done.contains_key(&(handler.to_owned(), number))
    }
}
