// Questions are kept until they are answered; BlueZ waits for a minute.
#include "adapters/bluez/agent.hpp"

#include <sdbus-c++/sdbus-c++.h>

#include <map>
#include <utility>

namespace antiphon::bluez {

namespace {

constexpr const char* interface = "org.bluez.Agent1";

sdbus::Error rejected(const char* why) { return sdbus::Error("org.bluez.Error.Rejected", why); }

}  // namespace

class Agent::Service {
  public:
    Service(sdbus::IConnection& connection, AddressAt address_at, Asked asked)
        : address_at_(std::move(address_at)), asked_(std::move(asked)), object_(sdbus::createObject(connection, path)) {
        using sdbus::ObjectPath;
        const auto on = [this](const char* method, auto&& handler) {
            object_->registerMethod(method).onInterface(interface).implementedAs(
                std::forward<decltype(handler)>(handler));
        };
        on("Release", [] {});
        on("Cancel", [this] { questions_.clear(); });
        on("RequestConfirmation", [this](sdbus::Result<>&& result, const ObjectPath& device, std::uint32_t passkey) {
            ask(std::move(result), device, passkey, false);
        });
        on("RequestAuthorization",
           [this](sdbus::Result<>&& result, const ObjectPath& device) { ask(std::move(result), device, {}, false); });
        on("AuthorizeService", [this](sdbus::Result<>&& result, const ObjectPath& device, const std::string&) {
            ask(std::move(result), device, {}, true);
        });
        on("DisplayPasskey", [](const ObjectPath&, std::uint32_t, std::uint16_t) {});
        on("DisplayPinCode", [](const ObjectPath&, const std::string&) {});
        // Devices of before 2007 want a code to be typed; nobody can at a board.
        on("RequestPinCode", [](const ObjectPath&) -> std::string { throw rejected("codes cannot be typed here"); });
        on("RequestPasskey", [](const ObjectPath&) -> std::uint32_t { throw rejected("codes cannot be typed here"); });
        object_->finishRegistration();
    }

    void answer(const core::AnswerAgent& answer) {
        auto question = questions_.extract(answer.question);
        if (question.empty()) return;
        answer.yes ? question.mapped().returnResults() : question.mapped().returnError(rejected("nobody has agreed"));
    }

  private:
    void ask(sdbus::Result<>&& result, const std::string& device, std::optional<std::uint32_t> passkey, bool service) {
        const auto address = address_at_(device);
        if (!address || questions_.size() >= questions_max)
            return result.returnError(rejected(address ? "too many questions wait" : "nobody knows that device"));
        const auto number = ++last_;
        questions_.emplace(number, std::move(result));
        asked_({number, *address, passkey, service});
    }

    const AddressAt address_at_;
    const Asked asked_;
    std::map<std::uint64_t, sdbus::Result<>> questions_;
    std::uint64_t last_ = 0;
    std::unique_ptr<sdbus::IObject> object_;
};

Agent::Agent(sdbus::IConnection& connection, AddressAt address_at, Asked asked)
    : service_(std::make_unique<Service>(connection, std::move(address_at), std::move(asked))) {}

Agent::~Agent() = default;

void Agent::answer(const core::AnswerAgent& answer) { service_->answer(answer); }

}  // namespace antiphon::bluez
