//! A bump allocator: a component lives for one decision, so nothing is ever worth freeing.
//!
//! The first [`ARENA_BYTES`] lie inside the memory that the instance begins with, because growing a memory costs the
//! host system calls that serialise its threads. Only a decision that needs more grows it.

use core::alloc::{GlobalAlloc, Layout};
use core::arch::wasm32::{memory_grow, unreachable};
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

/// The next free byte, and the end of the region that it lies in.
struct Bump {
    next: Cell<*mut u8>,
    end: Cell<*mut u8>,
}

// SAFETY: as above, one thread.
unsafe impl Sync for Bump {}

#[global_allocator]
static BUMP: Bump = Bump { next: Cell::new(ARENA.0.get().cast()), end: Cell::new(ARENA.0.get().cast::<u8>().wrapping_add(ARENA_BYTES)) };

impl Bump {
    /// A block that belongs to nobody else; null when the host allows no more memory.
    fn take(&self, bytes: usize, align: usize) -> *mut u8 {
        loop {
            let next = self.next.get();
            // Alignments are powers of two. The compiler does not know it, and would divide.
            let padding = (next as usize).wrapping_neg() & (align - 1);
            let wanted = padding.saturating_add(bytes);
            if wanted <= self.end.get() as usize - next as usize {
                self.next.set(next.wrapping_add(wanted));
                return next.wrapping_add(padding);
            }
            if !self.grow(bytes.saturating_add(align)) {
                return null_mut();
            }
        }
    }

    /// Makes room for `bytes` by growing the memory; false when the host allows no more.
    #[cold]
    fn grow(&self, bytes: usize) -> bool {
        let pages = bytes.div_ceil(PAGE_BYTES).max(GROWTH_PAGES);
        let old = memory_grow(0, pages);
        if old == usize::MAX {
            return false;
        }
        let start = (old * PAGE_BYTES) as *mut u8;
        if start != self.end.get() {
            self.next.set(start);
        }
        self.end.set(start.wrapping_add(pages * PAGE_BYTES));
        true
    }

    /// Makes the last block shorter or longer where it lies; false when it is not the last, or there is no room.
    fn resize_last(&self, block: *mut u8, bytes: usize, new_bytes: usize) -> bool {
        let is_last = block.wrapping_add(bytes) == self.next.get();
        let fits = is_last && new_bytes <= self.end.get() as usize - block as usize;
        if fits {
            self.next.set(block.wrapping_add(new_bytes));
        }
        fits
    }

    /// A larger or smaller block with the same content.
    ///
    /// # Safety
    /// `block` was taken with `bytes` and `align`, and is nobody's any more but for what this returns.
    unsafe fn resize(&self, block: *mut u8, bytes: usize, align: usize, new_bytes: usize) -> *mut u8 {
        // The last block grows where it lies: a list that is pushed to needs no copies.
        if self.resize_last(block, bytes, new_bytes) || new_bytes <= bytes {
            return block;
        }
        let new = self.take(new_bytes, align);
        if !new.is_null() {
            // SAFETY: the new block is larger than the old one and does not overlap it.
            unsafe { core::ptr::copy_nonoverlapping(block, new, bytes) };
        }
        new
    }
}

// SAFETY: blocks are disjoint, aligned, and inside memory that belongs to nobody else: the arena, or pages just grown.
unsafe impl GlobalAlloc for Bump {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.take(layout.size(), layout.align())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // Only the last block can be given back.
        self.resize_last(block, layout.size(), 0);
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        // SAFETY: the caller promises what `resize` asks for.
        unsafe { self.resize(block, layout.size(), layout.align(), new_size) }
    }
}

/// Where the host puts each text and list that it hands in, a hundred and more in a decision. It takes the place of
/// wit-bindgen's function of this name, which gets to the allocator by three calls instead of none.
///
/// # Safety
/// As the canonical ABI says: `block` is null, or was given out here with `bytes` and `align`.
#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn realloc_for_host(block: *mut u8, bytes: usize, align: usize, new_bytes: usize) -> *mut u8 {
    // SAFETY: as promised.
    let new = if bytes == 0 { BUMP.take(new_bytes, align) } else { unsafe { BUMP.resize(block, bytes, align, new_bytes) } };
    if new.is_null() {
        unreachable();
    }
    new
}
