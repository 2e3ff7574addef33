// The form of every decision. A machine is a struct with
//
//   State, Event, Effect, Draft(const State&)
//   static std::vector<Effect> step(Draft&, LocalTime now, const Event&)   pure: reads and writes only the draft
//   static std::optional<std::string> check(const Draft&)      the cheap laws, in words if one is broken
//   Draft::apply_to(State&)
//   Draft::each_durable(visit)     visit(kind, id, const Row*) for each row that must survive a power cut; null: erased
//
// Whoever runs it checks the draft, stores the durable rows, then applies the draft, then performs the effects. Persist
// before act is the only order there is; and if a law is broken or the rows cannot be stored, nothing has happened.
#pragma once

namespace antiphon::core {

// For std::visit with a lambda for each alternative.
template <class... Fs>
struct Overloaded : Fs... {
    using Fs::operator()...;
};

}  // namespace antiphon::core
