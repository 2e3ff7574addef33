// Supervision after Erlang/OTP's: what fails is made anew behind the same address; what fails too often is a matter for
// whoever stands above, and at last for the process. (J. Armstrong, "Making reliable distributed systems in the
// presence of software errors", 2003, ch. 5.)
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "actors/actor.hpp"
#include "core/restart_intensity.hpp"

namespace antiphon::actors {

// What the top of the tree is told, on the thread where it happened.
struct SupervisorHandlers {
    std::function<void(const std::string& child, const std::string& why)> restarted = nullptr;
    // More restarts than the limit allows, on every level. What failed stays as it is: the process should end.
    std::function<void(const std::string& why)> gave_up = nullptr;
};

struct SupervisorCounters {
    std::uint64_t restarts = 0;
    std::uint64_t escalations = 0;
};

// Thread-safe. Its end abandons all that it has started.
class Supervisor {
  public:
    // The top of a tree; `executor` outlives it and everything below.
    Supervisor(Executor& executor, std::string name, core::RestartLimit limit, SupervisorHandlers handlers);
    // Below another one, which outlives it. Restarted, it restarts everything that is below it, with a fresh limit.
    Supervisor(Supervisor& above, std::string name, core::RestartLimit limit);
    ~Supervisor();
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    template <class Message>
    Ref<Message> spawn(std::string name, MailboxPolicy policy, MakeActor<Message> make) {
        auto* cell = new Cell<Message>(executor(), policy);  // tidy: allow naked-new because Ref counts the references
        Ref<Message> ref(*cell);
        cell->retain();
        adopt(std::move(name),
              std::shared_ptr<Supervised>(cell, [](Supervised* s) { static_cast<Cell<Message>*>(s)->release(); }));
        cell->start(std::move(make), overseer());
        return ref;
    }

    // The youngest first, each works through what it has; then `done(0)`. After `limit`, what is left is abandoned, and
    // `done` is told how many of its children that were. Once, on the executor.
    void stop(core::Duration limit, std::function<void(std::size_t abandoned)> done);

    SupervisorCounters counters() const;

  private:
    class Impl;
    Executor& executor() const;
    void adopt(std::string name, const std::shared_ptr<Supervised>& child);
    std::weak_ptr<Overseer> overseer() const;

    std::shared_ptr<Impl> impl_;
};

}  // namespace antiphon::actors
