// What waits in this board for the radio, on the way to a headset.
#pragma once

namespace antiphon::bluez {

// A socket's memory counts what was written and has not gone to the controller yet, in bytes of the kernel's own
// packets, whose size shows when one is written to an empty queue. On Bluetooth's sockets TIOCOUTQ tells what is free
// of it (bt_sock_ioctl of net/bluetooth/af_bluetooth.c), elsewhere what is used. Used by one thread; real-time-safe.
class HostQueue {
  public:
    // The socket stays its owner's, and outlives this.
    explicit HostQueue(int socket) noexcept;

    // How many packets wait; 0 where the kernel does not tell, or none has waited yet.
    int packets() noexcept;
    // Another one was written, after packets() was asked.
    void written() noexcept;

  private:
    int bytes() noexcept;

    const int socket_;
    const bool tells_free_;
    int most_free_ = 0;
    int packet_bytes_ = 0;
    bool was_empty_ = false;
};

}  // namespace antiphon::bluez
