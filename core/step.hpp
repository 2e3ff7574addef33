// The form of every decision: a pure step from (state, now, event) to changes and effects.
//
// The changes are data. Whoever runs the step makes the durable ones durable, then applies them all to the state, then
// performs the effects: persist before act is the only order there is. If they cannot be stored, nothing happened.
#pragma once

#include <utility>
#include <vector>

namespace antiphon::core {

template <class Change, class Effect>
struct Step {
    std::vector<Change> changes;
    std::vector<Effect> effects;

    void change(Change c) { changes.push_back(std::move(c)); }
    void effect(Effect e) { effects.push_back(std::move(e)); }
    bool empty() const { return changes.empty() && effects.empty(); }
};

// For std::visit with a lambda per alternative.
template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

}  // namespace antiphon::core
