// Sends probes on the grid, and matches answers with the questions that are still open.
#include "adapters/net/clock_client.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <iterator>
#include <optional>
#include <utility>

#include "adapters/net/clock_packet.hpp"
#include "adapters/net/stamped_socket.hpp"

namespace antiphon::net {

using boost::asio::ip::udp;
using boost::system::error_code;

namespace {

// A server that never answered at this address is looked for elsewhere sooner.
constexpr core::Duration first_silence_max = std::chrono::seconds{1};

}  // namespace

// Outlives the ClockClient while a handler of the loop refers to it; closed_ tells.
class ClockClient::Service : public std::enable_shared_from_this<Service> {
  public:
    Service(boost::asio::io_context& io, const ports::Clock& clock, ports::RandomBytes random, Handler handler,
            const ClockClientSettings& settings)
        : clock_(clock),
          random_(std::move(random)),
          handler_(std::move(handler)),
          settings_(settings),
          socket_(io, StampedSocket::clock_bytes),
          resolver_(io),
          timer_(io),
          schedule_(clock.now(), settings.rhythm) {}

    void ask(const std::string& host, std::uint16_t port) {
        host_ = host;
        port_ = port;
        server_.reset();
        socket_.close();
        questions_ = {};
        look_up();
    }

    void burst() {
        if (host_.empty()) return;
        schedule_ = media::ProbeSchedule(clock_.now(), settings_.rhythm);
        wait_for_slot();
    }

    void pace(core::Duration sampling_error) { schedule_.pace(sampling_error); }

    void close() {
        closed_ = true;
        handler_ = nullptr;
        timer_.cancel();
        resolver_.cancel();
        socket_.close();
    }

    ClockClientCounters counters_;

  private:
    struct Question {
        std::uint64_t nonce = 0;   // 0: none
        core::LocalTime sent;      // as the packet says
        core::LocalTime departed;  // as the kernel says; until then the same
        bool answered = false;
    };

    void look_up() {
        ++counters_.lookups;
        looked_up_ = clock_.now();
        resolver_.cancel();
        resolver_.async_resolve(host_, std::to_string(port_),
                                [self = shared_from_this(), number = ++lookup_number_](
                                    const error_code& error, const udp::resolver::results_type& found) {
                                    if (self->closed_ || number != self->lookup_number_) return;
                                    if (!error && !found.empty()) self->found_server(pick(found, number));
                                    if (!self->server_) self->wait_for_slot();
                                });
    }

    // Another one each time, because the first address of a name ("localhost": ::1) may be one nobody listens on.
    static udp::endpoint pick(const udp::resolver::results_type& found, std::uint64_t number) {
        return std::next(found.begin(), static_cast<std::ptrdiff_t>((number - 1) % found.size()))->endpoint();
    }

    void found_server(const udp::endpoint& server) {
        if (server_ == server) return;
        server_.reset();
        socket_.close();
        if (!socket_.open(udp::endpoint(server.protocol(), 0))) return;
        socket_.stamp_departures();
        ++socket_number_;
        heard_once_ = false;
        server_ = server;
        heard_ = clock_.now();
        wait_for_answers();
        burst();
    }

    void wait_for_slot() {
        timer_.expires_after(clock_.wait_for(schedule_.next()));
        timer_.async_wait([self = shared_from_this()](const error_code& error) {
            if (error || self->closed_) return;
            self->slot();
        });
    }

    void slot() {
        const auto now = clock_.now();
        if (now < schedule_.next()) return wait_for_slot();  // the machine's clock and ours may differ in rate
        probe();
        schedule_.sent(now);
        const auto silence_max = heard_once_ ? settings_.silence_max : first_silence_max;
        if (now - std::max(heard_, looked_up_) > silence_max) look_up();
        wait_for_slot();
    }

    void probe() {
        if (!server_) return;
        auto& question = questions_[next_question_++ % questions_.size()];
        question = {};
        while (question.nonce == 0) random_(std::as_writable_bytes(std::span{&question.nonce, 1}));
        question.sent = question.departed = clock_.now();
        const auto bytes = encode({ClockPacketKind::probe, question.nonce, 0, question.sent.ns, 0, 0});
        ++(socket_.send(bytes, *server_) ? counters_.probes : counters_.unsent);
        note_departures();
    }

    // What a probe waits for between our clock and the network's device, on a slow board longer than on a quick one,
    // is no part of its way. (The answers' wait is the same for all who ask, so it sets nobody apart.)
    void note_departures() {
        for (std::size_t i = 0; i < questions_max; ++i) {
            const auto departure = socket_.departure();
            if (!departure) return;
            if (departure->bytes.size() < clock_packet_bytes) continue;
            const auto probe = decode_clock_packet(departure->bytes.last(clock_packet_bytes));
            auto* question = probe ? find(*probe) : nullptr;
            const auto at = clock_.from_kernel_stamp(departure->realtime);
            if (!question || question->answered || at < question->sent) continue;  // earlier: the wall clock was set
            question->departed = at;
            ++counters_.departures;
        }
    }

    void wait_for_answers() {
        socket_.async_wait([self = shared_from_this(), number = socket_number_](const error_code& error) {
            if (error || self->closed_ || number != self->socket_number_) return;
            self->note_departures();
            // One batch a wake bounds the work; the rest wakes us again.
            for (const auto& datagram : self->socket_.receive()) {
                self->received(datagram);
                if (self->closed_ || !self->server_) return;
            }
            self->wait_for_answers();
        });
    }

    void received(const Datagram& datagram) {
        const auto answer = datagram.cut ? std::nullopt : decode_clock_packet(datagram.bytes);
        if (!answer || answer->kind != ClockPacketKind::answer) {
            ++counters_.malformed;
            return;
        }
        auto* question = datagram.from == *server_ ? find(*answer) : nullptr;
        if (!question) {
            ++counters_.strangers;
            return;
        }
        if (std::exchange(question->answered, true)) {
            ++counters_.duplicates;
            return;
        }
        const auto received = datagram.realtime ? clock_.from_kernel_stamp(*datagram.realtime) : clock_.now();
        if (received - question->sent > settings_.answer_within) {
            ++counters_.late;
            return;
        }
        if (!datagram.realtime) ++counters_.unstamped;
        heard_ = clock_.now();
        heard_once_ = true;
        ++counters_.exchanges;
        deliver(
            {core::ClockIncarnation{answer->incarnation}, question->departed, answer->t2_ns, answer->t3_ns, received});
    }

    Question* find(const ClockPacket& answer) {
        for (auto& question : questions_)
            if (question.nonce == answer.nonce && question.nonce != 0 && question.sent.ns == answer.t1_ns)
                return &question;
        return nullptr;
    }

    // A copy, because the handler may destroy the client and with it the handler.
    void deliver(const ClockExchange& exchange) {
        if (const auto handler = handler_) handler(exchange);
    }

    const ports::Clock& clock_;
    const ports::RandomBytes random_;
    Handler handler_;
    const ClockClientSettings settings_;
    StampedSocket socket_;
    udp::resolver resolver_;
    boost::asio::steady_timer timer_;
    media::ProbeSchedule schedule_;
    std::array<Question, questions_max> questions_{};
    std::size_t next_question_ = 0;
    std::string host_;
    std::uint16_t port_ = 0;
    std::optional<udp::endpoint> server_;
    std::uint64_t socket_number_ = 0;  // a wait for an older socket is over
    bool heard_once_ = false;          // from this server
    core::LocalTime heard_;
    core::LocalTime looked_up_;
    std::uint64_t lookup_number_ = 0;
    bool closed_ = false;
};

ClockClient::ClockClient(boost::asio::io_context& io, const ports::Clock& clock, ports::RandomBytes random,
                         Handler handler, const ClockClientSettings& settings)
    : service_(std::make_shared<Service>(io, clock, std::move(random), std::move(handler), settings)) {}

ClockClient::~ClockClient() { service_->close(); }

void ClockClient::ask(const std::string& host, std::uint16_t port) { service_->ask(host, port); }

void ClockClient::pace(core::Duration sampling_error) { service_->pace(sampling_error); }

void ClockClient::burst() { service_->burst(); }

ClockClientCounters ClockClient::counters() const { return service_->counters_; }

}  // namespace antiphon::net
