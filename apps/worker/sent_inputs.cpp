// Why an input cannot be opened is its device's trouble, which the report has; here it is logged.
#include "apps/worker/sent_inputs.hpp"

#include "adapters/system/log.hpp"

namespace antiphon::worker {
namespace {

namespace log = system::log;

core::Result<void> start(live::Uplinks& uplinks, std::vector<Input>& inputs, const core::DesiredUplink& uplink) {
    auto* input = find_input(inputs, uplink.input);
    if (!input) return core::Error{core::ErrorCode::not_found, "there is no input '" + uplink.input + "' here"};
    if (!input->source) return core::Error{core::ErrorCode::unavailable, input->failure};
    return uplinks.send(uplink, *input->source);
}

}  // namespace

void SentInputs::send(const core::DesiredUplink& uplink) {
    log::info("input.sent", {{"session", uplink.id.value}, {"input", uplink.input}}, "sends it to the coordinator");
    auto& told = told_[uplink.id];
    told = {uplink, ""};
    open(told);
}

void SentInputs::open(Told& told) {
    const auto started = start(uplinks_, inputs_, told.uplink);
    const auto refusal = started ? "" : started.error().what;
    if (!started && refusal != told.refusal)
        log::warning("input.refused", {{"session", told.uplink.id.value}, {"input", told.uplink.input}}, refusal);
    told.refusal = refusal;
}

void SentInputs::stop(const core::SessionId& session) {
    if (told_.erase(session) == 0) return;
    uplinks_.stop(session);
    log::info("input.kept", {{"session", session.value}}, "sends it no more");
}

void SentInputs::try_again() {
    for (auto& [session, told] : told_)
        if (!told.refusal.empty()) open(told);
}

std::vector<core::DesiredUplink> SentInputs::told() const {
    std::vector<core::DesiredUplink> all;
    for (const auto& [session, told] : told_) all.push_back(told.uplink);
    return all;
}

}  // namespace antiphon::worker
