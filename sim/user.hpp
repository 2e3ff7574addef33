// A restless user: asks for anything, at any time, of things that may be gone.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/requests.hpp"
#include "sim/random.hpp"

namespace antiphon::sim {

class User {
  public:
    struct Asked {
        core::RequestBody body;
        std::string words;  // for the trace
        std::optional<core::Idempotency> idempotency;
        core::PermissionSet permissions = core::PermissionSet::everything();
        std::optional<core::TokenId> token;  // that lets it in, with the permissions that it gives; none: the file's
    };

    User(Random& random, int workers) : random_(random), workers_(workers) {}

    Asked next_request();
    void learn(const core::AnswerBody& answer);

  private:
    std::string some_worker();
    std::string some_zone() { return "zone" + std::to_string(random_.below(3)); }
    std::vector<std::string> some_endpoints(const std::string& name);
    core::SessionId some_session();
    core::RecordingId some_recording();
    Asked play();
    Asked play_live(core::PlayRequest play);
    Asked on_session();
    Asked maintain();
    Asked on_zone();
    Asked on_bluetooth();
    Asked on_token();
    Asked on_recording();
    Asked ask_anything();

    Random& random_;
    const int workers_;
    std::vector<core::SessionId> sessions_;
    std::vector<core::RecordingId> recordings_;
    std::vector<core::ScheduleId> schedules_;
    std::vector<core::TokenId> tokens_;
    std::uint64_t keys_ = 0;
    std::optional<Asked> keyed_;  // the last one with a key
    struct Seen {
        std::uint64_t now = 0, before = 0;  // versions
    };
    std::map<std::string, Seen> zones_;
};

}  // namespace antiphon::sim
