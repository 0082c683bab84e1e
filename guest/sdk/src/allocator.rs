//! A bump allocator: a component lives for one decision, so nothing is ever worth freeing.
//!
//! The first [`ARENA_BYTES`] lie inside the memory that the instance begins with, because growing a memory costs the
//! host system calls that serialise its threads. Only a decision that needs more grows it.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::memory_grow;
use core::cell::{Cell, UnsafeCell};
use core::ptr::null_mut;

/// Enough for a decision on an ordinary subject; zeroed memory that is not touched costs nothing.
const ARENA_BYTES: usize = 256 * 1024;
const PAGE_BYTES: usize = 65_536;
/// Growth comes in steps of this many pages, so that a large subject grows a few times and not a hundred.
const GROWTH_PAGES: usize = 16;

#[repr(align(16))]
struct Arena(UnsafeCell<[u8; ARENA_BYTES]>);

// SAFETY: core modules without the threads proposal have one thread.
unsafe impl Sync for Arena {}

static ARENA: Arena = Arena(UnsafeCell::new([0; ARENA_BYTES]));

/// Addresses: the next free byte and the end of the current region; both zero before the first allocation.
struct Bump {
    next: Cell<usize>,
    end: Cell<usize>,
}

// SAFETY: as above, one thread.
unsafe impl Sync for Bump {}

#[global_allocator]
static BUMP: Bump = Bump { next: Cell::new(0), end: Cell::new(0) };

impl Bump {
    /// Makes room for `bytes` by growing the memory; false when the host allows no more.
    fn grow(&self, bytes: usize) -> bool {
        let pages = bytes.div_ceil(PAGE_BYTES).max(GROWTH_PAGES);
        let old = memory_grow(0, pages);
        if old == usize::MAX {
            return false;
        }
        let start = old * PAGE_BYTES;
        if start != self.end.get() {
            self.next.set(start);
        }
        self.end.set(start + pages * PAGE_BYTES);
        true
    }
}

// SAFETY: blocks are disjoint, aligned, and inside memory that belongs to nobody else: the arena, or pages just grown.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if self.end.get() == 0 {
            self.next.set(ARENA.0.get() as usize);
            self.end.set(ARENA.0.get() as usize + ARENA_BYTES);
        }
        loop {
            let start = self.next.get().next_multiple_of(layout.align());
            match start.checked_add(layout.size()) {
                Some(end) if end <= self.end.get() => {
                    self.next.set(end);
                    return start as *mut u8;
                }
                _ => {
                    if !self.grow(layout.size().saturating_add(layout.align())) {
                        return null_mut();
                    }
                }
            }
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // Only the last block can be given back.
        if block as usize + layout.size() == self.next.get() {
            self.next.set(block as usize);
        }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // The last block grows where it lies: a list that is pushed to needs no copies.
        if block as usize + layout.size() == self.next.get()
            && let Some(end) = (block as usize).checked_add(new_size)
            && end <= self.end.get()
        {
            self.next.set(end);
            return block;
        }
        if new_size <= layout.size() {
            return block;
        }
        // SAFETY: the new block is at least as large as the old one and does not overlap it.
        unsafe {
            let new = self.alloc(Layout::from_size_align_unchecked(new_size, layout.align()));
            if !new.is_null() {
                core::ptr::copy_nonoverlapping(block, new, layout.size());
            }
            new
        }
    }
}
