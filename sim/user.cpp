// Requests by weight; the names are sometimes wrong on purpose.
#include "sim/user.hpp"

namespace antiphon::sim {

std::string User::some_worker() {
    const auto number = std::to_string(random_.below(static_cast<std::size_t>(workers_)));
    return (random_.chance(0.1) ? "alias" : "node") + number;
}

std::vector<std::string> User::some_endpoints(const std::string& name) {
    if (random_.chance(0.1)) return {name == "mic" ? "all" : some_zone()};
    if (name == "speaker" && random_.chance(0.3)) return {some_worker() + (random_.chance(0.3) ? "/ear" : "/headset")};
    if (random_.chance(0.05)) return {"nowhere/" + name};
    std::vector<std::string> names{some_worker() + "/" + name};
    while (random_.chance(0.5)) names.push_back(some_worker() + "/" + name);
    return names;
}

core::SessionId User::some_session() {
    if (sessions_.empty()) return {"s0"};
    return sessions_[sessions_.size() - 1 - random_.below(std::min<std::size_t>(sessions_.size(), 4))];
}

core::RecordingId User::some_recording() {
    if (recordings_.empty()) return {"r0"};
    return recordings_[recordings_.size() - 1 - random_.below(std::min<std::size_t>(recordings_.size(), 3))];
}

// Some requests come twice, and some keys are taken again for something else.
User::Asked User::play() {
    if (keyed_ && random_.chance(0.15)) return *keyed_;
    core::PlayRequest play;
    if (random_.chance(0.2)) return play_live(std::move(play));
    play.programme.blob = {std::string(64, static_cast<char>('a' + random_.below(6)))};
    play.programme.frames = static_cast<core::FrameCount>(core::cluster_rate * random_.between(1.0, 20.0));
    play.programme.title = "melody";
    play.to = some_endpoints("speaker");
    const auto words = "play to " + play.to.front();
    if (!random_.chance(0.3)) return {play, words, {}};
    const auto key = "key" + std::to_string(random_.chance(0.2) ? keys_ : ++keys_);
    keyed_ = {play, words + " with " + key, core::Idempotency{key, words + play.programme.blob.value}};
    return *keyed_;
}

User::Asked User::play_live(core::PlayRequest play) {
    play.programme.title = "tone:440";
    play.programme.live = core::LiveStream{"tone:440", 0, {}, {}};
    play.to = some_endpoints("speaker");
    if (random_.chance(0.4)) {
        play.input = some_endpoints("mic").front();
        play.programme.title = play.programme.live->source = "input:" + *play.input;
    }
    if (random_.chance(0.3)) play.latency = random_.between(core::Duration{0}, core::Duration{std::chrono::seconds(3)});
    const auto words = "play " + play.programme.title + " to " + play.to.front();
    return {std::move(play), words, {}};
}

User::Asked User::on_session() {
    const auto session = some_session();
    switch (random_.below(6)) {
        case 0:
            return {core::PauseRequest{session}, "pause " + session.value, {}};
        case 1:
            return {core::ResumeRequest{session}, "resume " + session.value, {}};
        case 2:
            return {core::SeekRequest{session, static_cast<core::FrameCount>(random_.below(96000))},
                    "seek " + session.value,
                    {}};
        case 3: {
            const bool open = random_.chance(0.6);
            const auto port = static_cast<std::uint16_t>(5000 + 2 * random_.below(3));
            return {
                core::OpenDoorRequest{session, open ? std::optional(core::OpenDoor{"239.1.2.3", port}) : std::nullopt},
                (open ? "open a door of " : "shut the door of ") + session.value,
                {}};
        }
        default:
            return {core::StopRequest{session}, "stop " + session.value, {}};
    }
}

User::Asked User::maintain() {
    const auto worker = some_worker();
    const bool wanted = random_.chance(0.5);
    return {core::MaintenanceRequest{worker, wanted}, (wanted ? "maintain " : "release ") + worker, {}};
}

// Some write what they saw, some what they saw a change ago (another page, left open), some whatever is there.
User::Asked User::on_zone() {
    const auto name = some_zone();
    if (random_.chance(0.1)) return {core::ZoneDeleteRequest{name}, "zone delete " + name, {}};
    core::ZoneSetRequest zone{name, {some_worker() + "/speaker"}, {}, false};
    if (const auto it = zones_.find(name); it != zones_.end() && random_.chance(0.6))
        zone.expected_version = random_.chance(0.3) ? it->second.before : it->second.now;
    return {zone, "zone set " + name, {}};
}

// Dates are of the run, which begins at zero; some are over before they are asked for.
User::Asked User::on_token() {
    const auto name = "guest" + std::to_string(random_.below(3));
    if (random_.chance(0.3)) return {core::TokenRevokeRequest{name}, "token revoke " + name, {}};
    core::TokenCreateRequest token{name, name, core::PermissionSet::everything(), {}};
    if (random_.chance(0.3)) token.permissions = {core::Permission::view, core::Permission::play};
    if (random_.chance(0.7))
        token.ends = core::WallTime{0} + random_.between(core::Duration(0), core::Duration(std::chrono::seconds(90)));
    return {token, "token create " + name, {}};
}

// A date of a schedule is of the run, as those of tokens.
User::Asked User::on_recording() {
    const auto recording = some_recording();
    switch (random_.below(10)) {
        case 0:
        case 1:
        case 2: {
            core::RecordRequest record{some_endpoints("mic")};
            if (random_.chance(0.4))
                record.length = random_.between(core::Duration(0), core::Duration(std::chrono::seconds(15)));
            return {record, "record", {}};
        }
        case 3: {
            core::MarkRequest mark{recording, "here"};
            if (random_.chance(0.3)) mark.ago = std::chrono::seconds(2);
            return {mark, "mark " + recording.value, {}};
        }
        case 4:
        case 5: {
            core::ScheduleRequest schedule{some_endpoints("mic"), "", {"UTC", {}, {core::Weekday::mon}}, {}, {}};
            if (random_.chance(0.4)) schedule.rule.date = "1970-01-01";
            schedule.rule.second_of_day = static_cast<std::int64_t>(random_.below(80));
            schedule.length = random_.between(core::Duration(0), core::Duration(std::chrono::seconds(8)));
            schedule.next = core::WallTime{schedule.rule.second_of_day * 1'000'000'000};
            return {schedule, "schedule", {}};
        }
        case 6: {
            const auto id = schedules_.empty() ? core::ScheduleId{"p0"} : schedules_[random_.below(schedules_.size())];
            return {core::ScheduleDeleteRequest{id}, "schedule remove " + id.value, {}};
        }
        default:
            return {core::RecordStopRequest{recording}, "record stop " + recording.value, {}};
    }
}

// Of one that nobody has declared, and sometimes of one that two boards have.
User::Asked User::on_bluetooth() {
    core::BluetoothRequest request;
    request.worker = some_worker();
    request.order.address = random_.chance(0.8) ? "AA:00:00:00:00:0C" : "AA:00:00:00:00:0A";
    request.order.verb = random_.chance(0.6) ? core::BluetoothVerb::pair : core::BluetoothVerb::forget;
    request.output = random_.chance(0.9) ? "ear" : "headset";
    const std::string verb = request.order.verb == core::BluetoothVerb::pair ? "pair " : "forget ";
    const auto words = verb + request.order.address + " on " + request.worker;
    return {std::move(request), words, {}};
}

User::Asked User::ask_anything() {
    const auto dice = random_.below(104);
    if (dice >= 100) return on_bluetooth();
    if (dice < 25) return play();
    if (dice < 43) return on_session();
    if (dice < 54) return maintain();
    if (dice < 56) {
        const auto input = some_endpoints("mic").front();
        return {core::ListenRequest{input}, "listen to " + input, {}};
    }
    if (dice < 64) {
        const auto worker = some_worker();
        return {core::PingRequest{worker}, "ping " + worker, {}};
    }
    if (dice < 78) return on_recording();
    if (dice < 83) {
        const auto target = some_worker() + "/speaker";
        return {core::VolumeRequest{target, random_.unit(), std::nullopt}, "volume of " + target, {}};
    }
    if (dice < 86) return on_token();
    if (dice < 88) {
        const auto worker = some_worker();
        const auto name = some_worker();
        return {core::WorkerRenameRequest{worker, name}, "rename " + worker + " to " + name, {}};
    }
    return on_zone();
}

User::Asked User::next_request() {
    auto asked = ask_anything();
    if (random_.chance(0.05)) {
        asked.permissions = {core::Permission::view};
        asked.words += " without the permission";
    } else if (!tokens_.empty() && random_.chance(0.2)) {
        asked.token = tokens_[tokens_.size() - 1 - random_.below(std::min<std::size_t>(tokens_.size(), 4))];
        asked.words += " with " + asked.token->value;
    }
    return asked;
}

void User::learn(const core::AnswerBody& answer) {
    if (const auto* session = std::get_if<core::SessionRow>(&answer)) sessions_.push_back(session->id);
    if (const auto* recording = std::get_if<core::RecordingRow>(&answer)) recordings_.push_back(recording->id);
    if (const auto* schedule = std::get_if<core::ScheduleRow>(&answer)) schedules_.push_back(schedule->id);
    if (const auto* token = std::get_if<core::TokenRow>(&answer)) tokens_.push_back(token->id);
    if (const auto* zone = std::get_if<core::ZoneRow>(&answer)) {
        auto& seen = zones_[zone->name];
        seen = {zone->version, seen.now};
    }
}

}  // namespace antiphon::sim
