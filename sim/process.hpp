// A process as the machine treats it: started, killed, stopped and continued. While it is stopped, what is said to it
// waits.
#pragma once

#include <utility>
#include <vector>

#include "actors/actor.hpp"

namespace antiphon::sim {

template <class Message>
class Process {
  public:
    ~Process() { kill(); }

    void start(actors::Ref<Message> actor) { actor_ = std::move(actor); }
    void kill() {
        if (actor_) actor_.stop();
        actor_ = {};
        waiting_.clear();
        paused_ = false;
    }
    void pause() { paused_ = true; }
    void resume() {
        paused_ = false;
        for (auto& message : std::exchange(waiting_, {})) tell(std::move(message));
    }

    bool running() const { return static_cast<bool>(actor_); }
    bool paused() const { return paused_; }
    void tell(Message message) {
        if (!actor_) return;
        if (paused_)
            waiting_.push_back(std::move(message));
        else
            actor_.tell(std::move(message));
    }

  private:
    actors::Ref<Message> actor_;
    std::vector<Message> waiting_;
    bool paused_ = false;
};

}  // namespace antiphon::sim
