// One ioctl a packet.
#include "adapters/bluez/host_queue.hpp"

#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>

namespace antiphon::bluez {
namespace {

bool is_bluetooth(int socket) noexcept {
    int domain = 0;
    socklen_t size = sizeof domain;
    return ::getsockopt(socket, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 && domain == AF_BLUETOOTH;
}

}  // namespace

HostQueue::HostQueue(int socket) noexcept : socket_(socket), tells_free_(is_bluetooth(socket)) {}

int HostQueue::bytes() noexcept {
    int told = 0;
    if (::ioctl(socket_, TIOCOUTQ, &told) != 0) return 0;
    if (!tells_free_) return std::max(told, 0);
    most_free_ = std::max(most_free_, told);
    return most_free_ - told;
}

int HostQueue::packets() noexcept {
    const int used = bytes();
    was_empty_ = used == 0;
    return packet_bytes_ > 0 ? (used + packet_bytes_ - 1) / packet_bytes_ : 0;
}

void HostQueue::written() noexcept {
    if (was_empty_) packet_bytes_ = std::max(packet_bytes_, bytes());
}

}  // namespace antiphon::bluez
