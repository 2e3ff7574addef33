// One question at a time, and a pause after each.
#include "apps/worker/membership.hpp"

#include <algorithm>

namespace antiphon::worker {

void Membership::doubt() {
    ++doubts_;
    if (!busy_) ask();
}

void Membership::ask() {
    busy_ = true;
    ways_.ask([this, asked = doubts_](std::optional<bool> member) {
        if (member) {
            settled_ = std::max(settled_, asked);  // a doubt of meanwhile is not answered by this
            ways_.told(*member);
        }
        ways_.after(ask_again_after, [this] {
            busy_ = false;
            if (doubts_ > settled_) ask();
        });
    });
}

}  // namespace antiphon::worker
