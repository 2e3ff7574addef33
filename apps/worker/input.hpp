// An input of this worker: a device, or why there is none.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/capture/shared_source.hpp"

namespace antiphon::worker {

struct Input {
    std::string name;
    std::string device;
    std::string failure;  // why there is no source
    std::unique_ptr<capture::SharedSource> source;
    bool monitor = false;  // of an output: whoever knows that there may be one asks for it

    // Empty: working.
    std::string trouble() const { return source ? source->trouble() : failure; }
};

inline Input* find_input(std::vector<Input>& inputs, std::string_view name) {
    const auto it = std::ranges::find(inputs, name, &Input::name);
    return it == inputs.end() ? nullptr : &*it;
}

}  // namespace antiphon::worker
