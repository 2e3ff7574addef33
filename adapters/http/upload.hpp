// Where the body of an upload goes, piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>

#include "adapters/http/message.hpp"
#include "adapters/http/responder.hpp"
#include "core/result.hpp"

namespace antiphon::http {

// One per upload, made by the route, all calls on the server's loop. The client is read only as fast as chunk()
// returns. After a begin() that succeeded comes exactly one of finish() and aborted(). An error that is returned is
// answered as a problem, and the connection closed, for the rest of the body would be in the way.
class UploadSink {
  public:
    virtual ~UploadSink() = default;

    // `content_length_bytes` is within the route's limit; nothing for a chunked body. Before it the client with
    // "Expect: 100-continue" sends no body: what is refused here costs nothing.
    virtual core::Result<void> begin(const Request& request, std::optional<std::uint64_t> content_length_bytes) = 0;
    // At most 64 KiB, in order. An error is followed by aborted().
    virtual core::Result<void> chunk(std::span<const std::byte> piece) = 0;
    // Before the next piece is read: `go` is to be called once, now or later, on the server's loop; until then the
    // client is held back. A sink that can take any pace does not care.
    virtual void when_ready(const std::function<void()>& go) { go(); }
    // The whole body is there. The sink lives until the responder has answered or is dropped.
    virtual void finish(Responder responder) = 0;
    // The client went away, broke the limit or the framing, or the server ends: undo what was written.
    virtual void aborted() noexcept = 0;
};

using UploadFactory = std::function<std::unique_ptr<UploadSink>()>;

}  // namespace antiphon::http
