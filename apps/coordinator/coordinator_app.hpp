// The coordinator process: the actor that decides, and the bus and requests around it.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "actors/loop_executor.hpp"
#include "actors/step_actor.hpp"
#include "actors/supervisor.hpp"
#include "adapters/json/json.hpp"
#include "adapters/metrics/page.hpp"
#include "apps/coordinator/keyring.hpp"
#include "apps/node/forgeries.hpp"
#include "apps/node/topics.hpp"
#include "apps/node/work.hpp"
#include "core/coordinator.hpp"
#include "ports/bus.hpp"
#include "ports/clock.hpp"
#include "ports/store.hpp"

namespace antiphon::coordinator {

using CoordinatorActor = actors::StepActor<core::CoordinatorMachine>;

inline constexpr core::Duration request_life = std::chrono::seconds(30);  // less than an HTTP handler has

struct Asker {
    core::Principal principal;
    std::optional<core::Idempotency> once;
    std::string trace = {};  // core::is_trace, or none; for logs and messages: nothing is decided by it
};

struct AppCounters {
    json::DecodeCounters decoded;       // messages of workers
    std::uint64_t forged = 0;           // messages that no member has sealed
    std::uint64_t mailbox_waiting = 0;  // now
    std::uint64_t mailbox_overflowed = 0;
    std::uint64_t actor_restarts = 0;
    std::uint64_t steps_failed = 0;  // not stored, or against a law: the event had no consequence
};

// On the loop's thread.
class CoordinatorApp final : public actors::StepWorld<core::CoordinatorMachine> {
  public:
    struct Parts {
        boost::asio::io_context& io;
        const ports::Clock& clock;
        ports::Store& store;
        std::string cluster;  // its id
        core::CoordinatorState state;
        // The same from the store, for an actor that takes the place of one that failed.
        std::function<core::Result<core::CoordinatorState>()> reload;
        core::ClockIncarnation incarnation;
    };
    struct Handlers {
        std::function<void(const core::CoordinatorState&)> members_changed;  // who may log in
        std::function<void(const core::CoordinatorState&)> tokens_changed;   // the same, of people and programs
        std::function<void(const core::DismissToken&)> token_over;           // after tokens_changed
        std::function<void(const core::JournalRow&)> event;
        std::function<void(bool connected)> linked;                   // to the broker; after the actor was told
        std::function<void(const core::CoordinatorState&)> reloaded;  // whatever was to be told may not have been
        std::function<void(const core::Error&)> cannot_go_on;         // the process has to end
        std::function<void(const core::SourceOrder&)> source;         // of a live session
        // When a schedule's rule comes true next; an error: nobody knows, and it is asked for again.
        std::function<core::Result<std::optional<core::WallTime>>(const core::FindOccurrence&)> occurrence;
    };

    CoordinatorApp(Parts parts, Handlers handlers);
    ~CoordinatorApp() override;

    // `bus` is connected by the caller, after this; null until there is one.
    void start();
    void use_bus(ports::Bus& bus);

    // Calls `done` exactly once, with the state right after the answer.
    using Answered = std::function<void(const core::Result<core::AnswerBody>&, const core::CoordinatorState&)>;
    void ask(core::RequestBody body, Asker asker, Answered done);
    void receive_track(core::TrackReceived track, Answered done);
    // What is lost of this is asked for again: Handlers::source gets an OpenSource.
    void source_opened(const core::SourceOpened& opened) { hear_source(opened); }
    void source_changed(const core::SourceChanged& changed) { hear_source(changed); }
    void listeners_gone(const core::ListenersGone& gone) { tell(gone); }
    // The wall clock has shown this.
    void turn_calendar(core::WallTime wall) { tell(core::CalendarTick{wall}); }
    // Runs with the state between two events; or `refused` is called: there is too much to do.
    using Refused = std::function<void(const core::Error&)>;
    void look(CoordinatorActor::Look look, const Refused& refused = {});
    // What was said to the actor before is worked through, for at most `limit`; then `done`.
    void stop(core::Duration limit, const std::function<void()>& done);

    const std::string& cluster() const { return parts_.cluster; }
    core::LocalTime now() const { return parts_.clock.now(); }
    core::WallTime wall() const { return parts_.clock.wall(); }
    AppCounters counters() const;
    const metrics::Durations& commits() const { return commits_; }

    void taking(const core::CoordinatorEvent& event) override;
    void left() noexcept override { work_.end(); }
    core::Result<void> store(const core::CoordinatorDraft& draft) override;
    void perform(const core::CoordinatorEffect& effect, const core::CoordinatorState& state) override;
    void failed(const core::CoordinatorEvent& event, const core::Error& why) override;

  private:
    struct Waiting {
        Answered done;
        std::string trace;
    };

    actors::MadeActor<CoordinatorActor::Message> make_actor();
    void end_interrupted();
    bool tell(core::CoordinatorEvent event);  // false: there is no room for it
    void hear_source(core::CoordinatorEvent word) {
        if (!tell(std::move(word))) ask_sources();
    }
    void ask_sources();
    void find_occurrence(const core::FindOccurrence& asked);
    void tick();
    void tick_calendar();
    void tell_again(const core::WorkerMessage& message);
    void receive(const ports::BusMessage& message);
    void take_keys(const core::CoordinatorState& state);
    void change_members(const core::CoordinatorState& state);
    void publish(const core::WorkerId& to, const std::string& leaf, core::EnvelopeHeader header, core::MessageBody body,
                 bool retain);
    void answer(core::RequestId id, const core::Result<core::AnswerBody>& body, const core::CoordinatorState& state);
    void announce(const core::JournalRow& entry);
    void forget_topics(const core::WorkerId& worker);

    Parts parts_;
    Handlers handlers_;
    actors::LoopExecutor executor_;
    node::Topics topics_;
    ports::Bus* bus_ = nullptr;
    bool connected_ = false;
    bool stopping_ = false;
    actors::Supervisor supervisor_;
    actors::Ref<CoordinatorActor::Message> actor_;
    std::optional<core::CoordinatorState> first_state_;  // until the first actor has it
    std::map<core::RequestId, Waiting> waiting_;
    std::map<std::pair<core::WorkerId, std::size_t>, core::WorkerMessage> untold_;  // by sender and kind
    std::set<core::ScheduleId> lost_schedules_;  // whose rule nobody can tell of; told once
    bool asking_sources_ = false;
    core::RequestId last_request_ = 0;
    core::RequestId last_taken_ = 0;  // they are taken in the order in which they are told
    core::Epoch epoch_;
    Keyring keyring_;
    node::Forgeries forged_;
    json::DecodeCounters decoded_;
    std::uint64_t steps_failed_ = 0;
    node::Work work_;
    metrics::Durations commits_;  // those that stored something
};

}  // namespace antiphon::coordinator
