// The reasons for which a shared device may be silent, each one sentence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/coordinator.hpp"

namespace antiphon::core {

struct DeviceWords {
    std::string verdict;               // what it does, or why it does not
    std::vector<std::string> grounds;  // what else is known of it
};

// Of the device at this address; null: the board has told nothing of it.
const DeviceReport* find_device(const ReportedDocument& reported, std::string_view address);

// What it does, as its board told: "is absent: it is away, or off".
std::string state_words(const DeviceReport& report);

// As its board last told it; of one that nobody has paired, as all boards did.
DeviceWords why_device(const CoordinatorState& state, const std::string& device);

}  // namespace antiphon::core
