// Runs a loop until something is true or time is up: what tests use instead of sleeping.
#pragma once

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>

namespace antiphon::tests {

// True as soon as `predicate` is, false when `within` has passed. Handlers run on the calling thread; the predicate is
// asked after each of them, and at least every 5 ms for what changes outside the loop.
template <class Predicate>
bool run_until(boost::asio::io_context& io, Predicate predicate,
               std::chrono::steady_clock::duration within = std::chrono::seconds{10}) {
    using std::chrono::steady_clock;
    const auto deadline = steady_clock::now() + within;
    const auto guard = boost::asio::make_work_guard(io);
    io.restart();
    while (!predicate()) {
        const auto left = deadline - steady_clock::now();
        if (left <= steady_clock::duration::zero()) return false;
        io.run_one_for(std::min<steady_clock::duration>(left, std::chrono::milliseconds{5}));
    }
    return true;
}

}  // namespace antiphon::tests
