// The UDP ports that live audio may take.
#pragma once

#include <algorithm>
#include <boost/asio/ip/udp.hpp>
#include <cstdint>
#include <type_traits>

#include "core/result.hpp"

namespace antiphon::live {

struct PortRange {
    static constexpr int ports_max = 256;

    boost::asio::ip::address address;
    std::uint16_t first_port = 0;  // of ports_max; 0: any that is free

    // What `open` makes of the first endpoint that is free: where it says `unavailable` the next is tried.
    template <class Open>
    auto open_first_free(const Open& open) const -> std::invoke_result_t<Open, boost::asio::ip::udp::endpoint> {
        constexpr int last_of_all = 65'535;
        const int last = first_port == 0 ? 0 : std::min(first_port + ports_max - 1, last_of_all);
        core::Error refused{core::ErrorCode::exhausted, ""};
        for (int port = first_port; port <= last; ++port) {
            auto opened = open(boost::asio::ip::udp::endpoint(address, static_cast<std::uint16_t>(port)));
            if (opened) return opened;
            refused = opened.error();
            if (refused.code != core::ErrorCode::unavailable) break;
        }
        return refused.within("none of the UDP ports for audio is free (choose others with --audio-port)");
    }
};

}  // namespace antiphon::live
