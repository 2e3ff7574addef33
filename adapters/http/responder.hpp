// The promise of one answer.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "adapters/http/message.hpp"
#include "core/result.hpp"

namespace antiphon::http {

// Answers one request, now or later, exactly once; a second answer is a bug. Destroyed unanswered, the client gets 500
// and it is counted. It may outlive the connection and the server: the answer is dropped then. Only on the server's
// loop.
class Responder {
  public:
    // The response, or nothing when the responder was dropped. Tests make their own with this.
    using Sink = std::function<void(std::optional<Response>)>;

    Responder() = default;
    // `instance` is the path that was asked for; problems name it.
    explicit Responder(Sink sink, std::string instance = "") : sink_(std::move(sink)), instance_(std::move(instance)) {}
    Responder(Responder&& other) noexcept;
    Responder& operator=(Responder&& other) noexcept;
    Responder(const Responder&) = delete;
    Responder& operator=(const Responder&) = delete;
    ~Responder();

    void answer(Response response);
    // answer(problem(error, instance))
    void fail(const core::Error& error);
    // False once answered, moved from, or default-made.
    bool pending() const noexcept { return static_cast<bool>(sink_); }

  private:
    void drop() noexcept;

    Sink sink_;
    std::string instance_;
};

}  // namespace antiphon::http
