// How much of a repeated experiment is run where sanitizers watch: there arithmetic is 10 to 50 times slower, and what
// they look for is in the first experiment as it is in the hundredth.
#pragma once

#include <algorithm>
#include <vector>

namespace antiphon::core::test {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool instrumented = true;
#else
inline constexpr bool instrumented = false;
#endif

// Of so many runs.
constexpr int sample(int runs) { return instrumented ? std::max(1, runs / 10) : runs; }

// Of these cases the first.
template <class Case>
std::vector<Case> sample(std::vector<Case> cases) {
    if (instrumented) cases.resize(1);
    return cases;
}

}  // namespace antiphon::core::test
