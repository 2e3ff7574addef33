// A picture of how well outputs play, over some time: SVG, for a browser or a report. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace antiphon::cli {

// What an output said of itself at one time.
struct SyncPoint {
    double at_s = 0;            // since the plot began
    std::int64_t error_ns = 0;  // positive: late
    std::int64_t bound_ns = 0;
};

// By the output's name. Each gets a line with its bound as a band around it, a colour and an entry in the legend; the
// axes are labelled in seconds and in the unit that suits. Texts are escaped.
std::string sync_plot(const std::map<std::string, std::vector<SyncPoint>>& outputs, const std::string& title);

}  // namespace antiphon::cli
