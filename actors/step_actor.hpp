// The actor that runs a machine of core/step.hpp: decide, store, apply, perform. Persist before act is this order.
#pragma once

#include <functional>
#include <utility>
#include <variant>
#include <vector>

#include "actors/actor.hpp"
#include "core/mutants.hpp"
#include "core/result.hpp"

namespace antiphon::actors {

// What a machine needs of the world. Called by the actor, one call at a time.
template <class Machine>
class StepWorld {
  public:
    virtual ~StepWorld() = default;
    // From now on `event` is in hand: if the actor fails, it is lost with it.
    virtual void taking(const typename Machine::Event& event) { static_cast<void>(event); }
    // It is in hand no more, whatever came of it: after each taking(), also when the step threw.
    virtual void left() noexcept {}
    // Makes the draft's durable rows durable; all or none. On failure the draft is thrown away.
    virtual core::Result<void> store(const typename Machine::Draft& draft) = 0;
    virtual void perform(const typename Machine::Effect& effect, const typename Machine::State& state) = 0;
    // The event had no consequence at all, because `why`: the rows could not be stored, or (`internal`) a law would
    // have been broken.
    virtual void failed(const typename Machine::Event& event, const core::Error& why) = 0;
};

template <class Machine>
class StepActor final
    : public Actor<std::variant<typename Machine::Event, std::function<void(const typename Machine::State&)>>> {
  public:
    using State = typename Machine::State;
    using Event = typename Machine::Event;
    // A look at the state: runs between two events and may keep nothing of what it sees but copies.
    using Look = std::function<void(const State&)>;
    using Message = std::variant<Event, Look>;

    StepActor(const Executor& executor, State state, StepWorld<Machine>& world)
        : executor_(executor), state_(std::move(state)), world_(world) {}

    void on_message(const Message& message) override {
        if (const auto* look = std::get_if<Look>(&message))
            (*look)(state_);
        else
            take(std::get<Event>(message));
    }

  private:
    struct InHand {
        StepWorld<Machine>& world;
        ~InHand() { world.left(); }
    };

    void take(const Event& event) {
        world_.taking(event);
        const InHand in_hand{world_};
        decide(event);
    }

    void decide(const Event& event) {
        typename Machine::Draft draft(state_);
        const auto effects = Machine::step(draft, executor_.now(), event);
        // A bug: better refused, and told, than stored.
        if (const auto broken = Machine::check(draft)) {
            world_.failed(event, {core::ErrorCode::internal, *broken});
            return;
        }
        if (core::mutated(core::Mutant::effect_before_persist))
            for (const auto& effect : effects) world_.perform(effect, state_);
        if (auto stored = world_.store(draft); !stored) {
            world_.failed(event, stored.error());
            return;
        }
        draft.apply_to(state_);
        if (core::mutated(core::Mutant::effect_before_persist)) return;
        for (const auto& effect : effects) world_.perform(effect, state_);
    }

    const Executor& executor_;
    State state_;
    StepWorld<Machine>& world_;
};

}  // namespace antiphon::actors
