//! Copies of one compiled policy, so that threads which decide at once do not share one.
//!
//! A fresh instance gets the memory that an earlier one of the same compiled policy has left, which is quick where it still lies in the
//! core's cache. Two threads of one copy are handed each other's, and then wait for every line of it: two of them decided 1.5 times as
//! much as one. With a copy for each it is 1.8 times, as much as two processes.

use crate::compiled;
use crate::contract::{DECIDE, DECIDER, PolicyPre, VERSION};
use crate::meter::Meter;
use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::available_parallelism;
use wasmtime::component::{Component, ComponentExportIndex, Linker};
use wasmtime::{Engine, Result};

/// Most copies of one policy. Each takes as much memory as its machine code, some hundred kilobytes.
const MOST: usize = 4;

/// A copy, ready to be instantiated.
pub(crate) struct Lane {
    pub(crate) pre: PolicyPre<Meter>,
    /// Where in it the function is that decides; nothing when it has none.
    pub(crate) decide: Option<ComponentExportIndex>,
}

impl Lane {
    /// Checks the component's types.
    pub(crate) fn new(engine: &Engine, component: &Component) -> Result<Self> {
        let linker: Linker<Meter> = Linker::new(engine);
        let pre = linker.instantiate_pre(component).and_then(PolicyPre::new)?;
        let decider = component.get_export_index(None, format!("{DECIDER}@{VERSION}").as_str());
        let decide = decider.and_then(|decider| component.get_export_index(Some(&decider), DECIDE));
        Ok(Self { pre, decide })
    }
}

/// The copies; one at least.
pub(crate) struct Lanes {
    first: Lane,
    more: Vec<Lane>,
}

impl Lanes {
    /// As many copies of a component as this machine has cores, at most [`MOST`]. Where one cannot be made, there are fewer.
    pub(crate) fn new(engine: &Engine, component: &Component, first: Lane) -> Self {
        let cores = available_parallelism().map_or(1, NonZero::get).min(MOST);
        let copies = compiled::copies(engine, component, cores - 1);
        let more = copies.iter().map_while(|copy| Lane::new(engine, copy).ok()).collect();
        Self { first, more }
    }

    /// The copy that this thread always uses.
    pub(crate) fn own(&self) -> &Lane {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local! { static PLACE: usize = NEXT.fetch_add(1, Ordering::Relaxed); }
        let place = PLACE.with(|place| *place) % (1 + self.more.len());
        place.checked_sub(1).and_then(|place| self.more.get(place)).unwrap_or(&self.first)
    }
}
