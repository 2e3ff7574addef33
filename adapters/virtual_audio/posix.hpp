// The little of POSIX that the room needs: descriptors that close themselves, and errors with a name. Internal.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>
#include <utility>

#include "core/result.hpp"

namespace antiphon::virtual_audio {

class Descriptor {
  public:
    Descriptor() = default;
    explicit Descriptor(int number) : number_(number) {}
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    ~Descriptor() {
        if (number_ >= 0) ::close(number_);
    }

    int number() const { return number_; }
    bool open() const { return number_ >= 0; }

  private:
    int number_ = -1;
};

// What the system said (errno) about `what`, such as "open /srv/room/room.json".
inline core::Error system_error(core::ErrorCode code, const std::string& what) {
    return {code, what + ": " + std::generic_category().message(errno)};
}

}  // namespace antiphon::virtual_audio
