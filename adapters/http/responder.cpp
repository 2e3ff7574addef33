// The promise of one answer.
#include "adapters/http/responder.hpp"

#include "adapters/http/problem.hpp"
#include "core/contract.hpp"

namespace antiphon::http {

Responder::Responder(Responder&& other) noexcept
    : sink_(std::exchange(other.sink_, nullptr)), instance_(std::move(other.instance_)) {}

Responder& Responder::operator=(Responder&& other) noexcept {
    if (this == &other) return *this;
    drop();
    sink_ = std::exchange(other.sink_, nullptr);
    instance_ = std::move(other.instance_);
    return *this;
}

Responder::~Responder() { drop(); }

void Responder::answer(Response response) {
    ANTIPHON_ASSERT(pending());
    const auto sink = std::exchange(sink_, nullptr);
    sink(std::move(response));
}

void Responder::fail(const core::Error& error) { answer(problem(error, instance_)); }

void Responder::drop() noexcept {
    if (const auto sink = std::exchange(sink_, nullptr)) sink(std::nullopt);
}

}  // namespace antiphon::http
