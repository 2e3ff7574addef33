// A bucket is one time: when it is full again. Each failure moves it on by one refill.
#include "adapters/http/failure_limit.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

namespace antiphon::http {

namespace ip = boost::asio::ip;

std::string client_of(std::string_view address) {
    boost::system::error_code error;
    const auto parsed = ip::make_address(address, error);
    if (error) return std::string(address);
    if (parsed.is_v4()) return parsed.to_string();
    auto bytes = parsed.to_v6().to_bytes();
    if (parsed.to_v6().is_v4_mapped()) return ip::make_address_v4(ip::v4_mapped, parsed.to_v6()).to_string();
    std::fill(bytes.begin() + 8, bytes.end(), std::uint8_t(0));
    return ip::address_v6(bytes).to_string() + "/64";
}

std::optional<core::Duration> FailureLimit::wait_of(const std::string& client, core::LocalTime now) const {
    const auto found = full_at_.find(client);
    if (found == full_at_.end()) return std::nullopt;
    const auto one_left = found->second - (settings_.failures_max - 1) * settings_.refill;
    return one_left > now ? std::optional(one_left - now) : std::nullopt;
}

void FailureLimit::failed(const std::string& client, core::LocalTime now) {
    if (wait_of(client, now)) return;
    if (!full_at_.contains(client)) make_room(now);
    auto& full_at = full_at_[client];
    full_at = std::max(full_at, now) + settings_.refill;
}

void FailureLimit::make_room(core::LocalTime now) {
    if (full_at_.size() < settings_.clients_max) return;
    std::erase_if(full_at_, [&](const auto& one) { return one.second <= now; });
    if (full_at_.size() < settings_.clients_max) return;
    full_at_.erase(std::min_element(full_at_.begin(), full_at_.end(),
                                    [](const auto& a, const auto& b) { return a.second < b.second; }));
    ++forgotten_;
}

}  // namespace antiphon::http
