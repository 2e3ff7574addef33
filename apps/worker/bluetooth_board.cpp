// What a device is played on follows from two things: somebody renders, and BlueZ has a way for its sound.
#include "apps/worker/bluetooth_board.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "adapters/bluez/remedies.hpp"
#include "adapters/system/log.hpp"

namespace antiphon::worker {

using core::BluetoothAddress;

namespace {

// A device that has suspended its sound, or refuses it, may take it again: it is asked so often.
constexpr core::Duration acquire_each = std::chrono::seconds(2);

// Why a device that has no line yet is silent.
std::string trouble_of(const core::DeviceBecame& became) {
    if (!became.reason.empty()) return became.reason;
    if (became.state == core::DeviceState::connecting) return "it is being connected";
    if (became.state == core::DeviceState::pairing) return "it is being paired";
    return "its way for sound is being opened";
}

bool works(const core::DeviceBecame& became) {
    return became.state == core::DeviceState::ready || became.state == core::DeviceState::streaming;
}

}  // namespace

// Holds the transport while it is started.
class BluetoothBoard::Sink final : public ports::AudioSink {
  public:
    Sink(BluetoothBoard& board, BluetoothAddress address, std::shared_ptr<bluez::A2dpSink> sink)
        : board_(board), address_(std::move(address)), sink_(std::move(sink)) {}
    ~Sink() override { stop(); }

    ports::AudioFormat format() const override { return sink_->format(); }
    core::Duration delay() const override { return sink_->delay(); }
    core::Duration ahead() const override { return sink_->ahead(); }
    core::Result<void> start(ports::Renderer& renderer) override {
        auto started = sink_->start(renderer);
        if (started) board_.sound(address_, started_ = true);
        return started;
    }
    void stop() override {
        sink_->stop();
        if (std::exchange(started_, false)) board_.sound(address_, false);
    }
    std::string trouble() const override { return sink_->trouble(); }
    bool comes_back() const override { return sink_->comes_back(); }
    ports::SinkCounters counters() const override { return sink_->counters(); }

  private:
    BluetoothBoard& board_;
    const BluetoothAddress address_;
    const std::shared_ptr<bluez::A2dpSink> sink_;
    bool started_ = false;
};

BluetoothBoard::BluetoothBoard(boost::asio::io_context& io, const ports::Clock& clock,
                               std::vector<std::string> adapters, std::vector<const media::A2dpCodec*> codecs)
    : clock_(clock),
      background_(io),
      timer_(io),
      bluez_(io,
             bluez::BluezOptions{.adapters = std::move(adapters),
                                 .remedy = [this](const auto& call, const auto& done) { help(call, done); },
                                 .codecs = std::move(codecs),
                                 .transport = [this](const BluetoothAddress& address) { follow(address); }},
             [this](const core::BluetoothEvent& event) { tell(event); }) {}

BluetoothBoard::~BluetoothBoard() = default;

std::unique_ptr<ports::AudioSink> BluetoothBoard::make_sink(const BluetoothAddress& address) {
    auto& ear = ears_[address];
    if (!ear.sink) ear.sink = std::make_shared<bluez::A2dpSink>(clock_);
    return std::make_unique<Sink>(*this, address, ear.sink);
}

void BluetoothBoard::want(std::set<BluetoothAddress> ours) {
    ours_ = std::move(ours);
    tell_wanted();
}

void BluetoothBoard::tell_wanted() {
    core::DevicesWanted wanted{ours_, {}};
    for (const auto& [address, ear] : ears_)
        if (ear.sounding) wanted.sounding.insert(address);
    tell(wanted);
}

void BluetoothBoard::answer_later(Answer answer, const std::function<core::BluetoothEvent(core::MessageId)>& event) {
    const core::MessageId request{std::to_string(++last_request_)};
    answers_[request] = std::move(answer);
    tell(event(request));
}

void BluetoothBoard::answer_question(const BluetoothAddress& address, bool yes, const Answer& answer) {
    const auto device = state_.devices.find(address);
    if (device == state_.devices.end() || !device->second.question)
        return answer(core::Error{core::ErrorCode::conflict, address.value + " does not ask (any more)"});
    tell(core::AgentAnswered{address, yes});
    answer({});
}

void BluetoothBoard::obey(const core::BluetoothOrder& order, Answer answer) {
    using enum core::BluetoothVerb;
    if (!state_.bluez) return answer(core::Error{core::ErrorCode::unavailable, bluez_.trouble()});
    if (state_.adapters.empty())
        return answer(core::Error{core::ErrorCode::unavailable, "this board has no Bluetooth adapter of ours"});
    const core::Duration length = std::chrono::milliseconds(
        std::clamp<std::int64_t>(order.length_ms, 0, core::BluetoothLimits::order_length_max_ms));
    const BluetoothAddress address{order.address};
    switch (order.verb) {
        case scan:
            tell(core::ScanAsked{length});
            return answer({});
        case open:
            tell(core::PairingOpened{length});
            return answer({});
        case close:
            tell(core::PairingClosed{});
            return answer({});
        case pair:
            return answer_later(std::move(answer),
                                [&](const auto& request) { return core::PairAsked{request, address}; });
        case accept:
        case refuse:
            return answer_question(address, order.verb == accept, answer);
        case connect:
            tell(core::ConnectAsked{address});
            return answer({});
        case forget:
            return answer_later(std::move(answer),
                                [&](const auto& request) { return core::ForgetAsked{request, address}; });
    }
}

void BluetoothBoard::tell(const core::BluetoothEvent& event) {
    for (const auto& effect : core::bluetooth_step(state_, clock_.now(), event)) take(effect);
    wait();
    if (!told_) return;
    if (auto now = report(); now != last_told_) {
        last_told_ = std::move(now);
        told_(last_told_);
    }
}

void BluetoothBoard::take(const core::BluetoothEffect& effect) {
    if (const auto* call = std::get_if<core::RadioCall>(&effect)) return bluez_.perform(*call);
    if (const auto* answer = std::get_if<core::AnswerAgent>(&effect)) return bluez_.answer(*answer);
    if (const auto* ended = std::get_if<core::BluetoothAnswer>(&effect)) {
        const auto answer = answers_.extract(ended->request);
        if (!answer.empty()) answer.mapped()(ended->result);
        return;
    }
    const auto& became = std::get<core::DeviceBecame>(effect);
    const bool streams = became.state == core::DeviceState::streaming;
    const auto text = !works(became) ? trouble_of(became) : streams ? "it is played on" : "it can be played on";
    system::log::info("bluetooth.device", {{"device", became.address.value}}, text);
    const auto ear = ears_.find(became.address);
    if (ear == ears_.end()) return;
    if (!works(became) || !ear->second.sink->attached()) detach(became.address, ear->second, trouble_of(became));
}

// Each way for sound that ends tells how it went.
void BluetoothBoard::detach(const BluetoothAddress& address, Ear& ear, const std::string& why) {
    if (ear.sink->attached()) {
        const auto& tally = ear.sink->tally();
        const auto longest_wait = std::chrono::microseconds(tally.longest_wait_ns / 1000);
        system::log::info("bluetooth.line_ended",
                          {{"device", address.value},
                           {"why", why},
                           {"sent_frames", std::to_string(tally.rendered_frames)},
                           {"lost_frames", std::to_string(tally.lost_frames)},
                           {"left_out_packets", std::to_string(tally.full)},
                           {"longest_wait_us", std::to_string(longest_wait.count())}},
                          "no sound is sent to it any more");
    }
    ear.sink->detach(why);
}

void BluetoothBoard::sound(const BluetoothAddress& address, bool sounding) {
    auto& ear = ears_[address];
    ear.sounding = sounding;
    if (!sounding && ear.sink->attached()) {
        detach(address, ear, "");
        bluez_.release(address);
    }
    follow(address);
    tell_wanted();
}

// The device's way for sound is there, has changed, or is gone.
void BluetoothBoard::follow(const BluetoothAddress& address) {
    const auto at = ears_.find(address);
    if (at == ears_.end()) return;
    auto& ear = at->second;
    const auto facts = bluez_.transport_of(address);
    const bool active = facts && facts->state == bluez::TransportState::active;
    const bool ended = std::exchange(ear.active, active) && !active;
    if (ear.sink->attached() && (!facts || ended))
        detach(address, ear, facts ? "the device has suspended it" : "its way for sound is gone");
    if (facts && facts->delay) ear.sink->set_reported_delay(*facts->delay);
    if (!ear.sounding || !facts || ear.sink->attached()) return;
    // What it has suspended it may begin again itself: then it is pending.
    if (ended && facts->state != bluez::TransportState::pending) {
        ear.again = clock_.now() + acquire_each;
        return wait();
    }
    acquire(address, ear);
}

void BluetoothBoard::acquire_again() {
    for (auto& [address, ear] : ears_) {
        if (!ear.again || *ear.again > clock_.now()) continue;
        ear.again.reset();
        if (ear.sounding && !ear.sink->attached() && bluez_.transport_of(address)) acquire(address, ear);
    }
}

void BluetoothBoard::acquire(const BluetoothAddress& address, Ear& ear) {
    if (std::exchange(ear.acquiring, true)) return;
    ear.again.reset();
    bluez_.acquire(address, [this, address, alive = std::weak_ptr(alive_)](core::Result<bluez::TransportLine> line) {
        if (!alive.expired()) acquired(address, std::move(line));
    });
}

void BluetoothBoard::acquired(const BluetoothAddress& address, core::Result<bluez::TransportLine> line) {
    auto& ear = ears_[address];
    ear.acquiring = false;
    if (!line) {
        ear.again = clock_.now() + acquire_each;
        ear.sink->detach(line.error().what);
        return wait();
    }
    if (!ear.sounding) return bluez_.release(address);  // it was stopped meanwhile
    if (const auto attached = ear.sink->attach(std::move(*line)); !attached) bluez_.release(address);
}

void BluetoothBoard::help(const core::RadioCall& call, const std::function<void(core::Result<void>)>& done) {
    const bool taken = background_.run([call, done]() -> system::Background::Then {
        return [done, helped = bluez::help_adapter(call.kind, call.adapter)] { done(helped); };
    });
    if (!taken) done(core::Error{core::ErrorCode::unavailable, "too much is being done in the background"});
}

void BluetoothBoard::wait() {
    auto due = core::bluetooth_due(state_);
    for (const auto& [address, ear] : ears_)
        if (ear.again && (!due || *ear.again < *due)) due = ear.again;
    if (!due) return void(timer_.cancel());
    timer_.expires_after(clock_.wait_for(*due));
    timer_.async_wait([this, alive = std::weak_ptr(alive_)](const boost::system::error_code& error) {
        if (error || alive.expired()) return;
        acquire_again();
        tell(core::BluetoothTick{});
    });
}

}  // namespace antiphon::worker
