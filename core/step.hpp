// The form of every decision. A machine is a struct with
//
//   State, Event, Effect, Draft(const State&)
//   static std::vector<Effect> step(Draft&, LocalTime now, const Event&)   pure: reads and writes only the draft
//   Draft::apply_to(State&)
//   Draft::each_durable(visit)     visit(kind, id, const Row*) for each row that must survive a power cut; null: erased
//
// Whoever runs it stores the durable rows, then applies the draft, then performs the effects. Persist before act is the
// only order there is; and if the rows cannot be stored, nothing has happened.
#pragma once

namespace antiphon::core {

// For std::visit with a lambda for each alternative.
template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

}  // namespace antiphon::core
