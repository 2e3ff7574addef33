// The TLS handshake of a connection: bounded in time and number, and an answer for who speaks plain HTTP here.
#include <boost/asio/ssl/error.hpp>
#include <cctype>

#include "adapters/http/connection.hpp"
#include "adapters/http/problem.hpp"

namespace antiphon::http {
namespace {

constexpr std::size_t first_read_bytes = 4096;
constexpr char handshake_record = 0x16;  // RFC 8446, 5.1

class UnderWay {
  public:
    UnderWay(ServerCore& core, Held& client) : core_(core), client_(client) { core_.begin_handshake(client_); }
    ~UnderWay() { core_.end_handshake(client_); }
    UnderWay(const UnderWay&) = delete;
    UnderWay& operator=(const UnderWay&) = delete;

  private:
    ServerCore& core_;
    Held& client_;
};

}  // namespace

asio::awaitable<bool> Connection::shake_hands() {
    const UnderWay under_way(*core_, *this);
    auto& counters = core_->counters;
    stream_.expires_after(core_->options.handshake_timeout);
    auto [silent, size] = co_await stream_.async_read_some(buffer_.prepare(first_read_bytes), as_result);
    buffer_.commit(size);
    if (silent == beast::error::timeout) ++counters.timeouts;
    if (silent || cut_) {
        ++counters.failed_handshakes;
        co_return false;
    }
    const char first = *static_cast<const char*>(buffer_.data().data());
    if (first != handshake_record) {
        if (std::isalpha(static_cast<unsigned char>(first))) co_await refuse_plain();
        co_return false;
    }
    const auto error = co_await stream_.accept_tls(core_->tls, buffer_.data());
    buffer_.consume(buffer_.size());
    if (error == beast::error::timeout) ++counters.timeouts;
    if (error || cut_) ++counters.failed_handshakes;
    co_return !error && !cut_;
}

// In the clear, for the client understands nothing else.
asio::awaitable<void> Connection::refuse_plain() {
    ++core_->counters.plain_on_tls;
    lingering_ = true;
    const auto response = problem(400, "this port speaks TLS; write https:// in place of http://");
    const auto text = head_text(response, {core_->options.server_name, response.body.size(), false}) + response.body;
    core_->count_answer(response.status);
    co_await write_all(text);
}

}  // namespace antiphon::http
