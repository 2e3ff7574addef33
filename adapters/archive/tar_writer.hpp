// Writes a tar (POSIX pax) of regular files, member by member.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "core/result.hpp"
#include "core/units.hpp"

struct archive;

namespace antiphon::archive {

// Not thread-safe. After an error nothing more can be written.
class TarWriter {
  public:
    // Gets the bytes of the tar in order; its error is what the writer then returns.
    using Sink = std::function<core::Result<void>(std::span<const std::byte>)>;
    explicit TarWriter(Sink sink);
    ~TarWriter();
    TarWriter(const TarWriter&) = delete;
    TarWriter& operator=(const TarWriter&) = delete;

    // `name` is a member name. The member before must be complete.
    core::Result<void> begin(const std::string& name, std::uint64_t size_bytes, core::WallTime modified);
    // `invalid` when that is more than begin() said.
    core::Result<void> append(std::span<const std::byte> piece);
    // The end of the tar. `invalid` when the last member is not complete.
    core::Result<void> finish();

  private:
    struct Free {
        void operator()(struct ::archive* archive) const noexcept;
    };
    static std::ptrdiff_t take(struct ::archive* archive, void* self, const void* bytes, std::size_t size);
    core::Error error() const;
    core::Result<void> complete() const;

    Sink sink_;
    std::optional<core::Error> refused_;  // by the sink
    std::string name_;
    std::uint64_t missing_bytes_ = 0;                  // of the present member
    std::unique_ptr<struct ::archive, Free> archive_;  // last: it may still write while it goes
};

}  // namespace antiphon::archive
