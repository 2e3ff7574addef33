// The counter of messages that found nobody.
#include "actors/actor.hpp"

namespace antiphon::actors {
namespace {
std::atomic<std::uint64_t> dead_letter_count{0};
}

std::uint64_t dead_letters() noexcept { return dead_letter_count.load(std::memory_order_relaxed); }
void count_dead_letter() noexcept { dead_letter_count.fetch_add(1, std::memory_order_relaxed); }

}  // namespace antiphon::actors
