// A small process on a small board: what only the start needed is not kept.
#pragma once

namespace antiphon::system {

// Has libcrypto load neither its configuration nor its error texts, whoever initialises it later, and keeps the
// allocator from making an arena a thread. Call it first of all. Not thread-safe.
void start_small() noexcept;

// Gives back what the start has used and nobody needs any more: free memory of the allocator, and the code that was
// mapped on the way (the kernel maps 16 pages where one is touched). Code that is needed again comes back from the page
// cache by itself. Takes about a millisecond; thread-safe; not for real-time threads.
void give_back_start_up_memory();

}  // namespace antiphon::system
