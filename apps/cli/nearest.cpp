// Edit distance: insert, remove, replace, and swap of neighbours.
#include "apps/cli/nearest.hpp"

#include <algorithm>

namespace antiphon::cli {
namespace {

constexpr std::size_t word_max = 32;

std::size_t distance(std::string_view a, std::string_view b) {
    std::vector<std::vector<std::size_t>> cost(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
    for (std::size_t i = 0; i <= a.size(); ++i) {
        for (std::size_t j = 0; j <= b.size(); ++j) {
            if (i == 0 || j == 0) {
                cost[i][j] = i + j;
                continue;
            }
            const std::size_t replaced = cost[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            cost[i][j] = std::min({cost[i - 1][j] + 1, cost[i][j - 1] + 1, replaced});
            const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (swapped) cost[i][j] = std::min(cost[i][j], cost[i - 2][j - 2] + 1);
        }
    }
    return cost[a.size()][b.size()];
}

}  // namespace

std::string nearest(std::string_view typed, const std::vector<std::string>& words) {
    std::string best;
    std::size_t least = typed.size() > word_max ? 0 : std::max<std::size_t>(2, typed.size() / 2);
    for (const auto& word : words) {
        const auto cost = typed.size() > word_max ? word_max : distance(typed, word);
        if (cost >= least) continue;
        least = cost;
        best = word;
    }
    return best;
}

}  // namespace antiphon::cli
