// The coordinator's HTTP API, asked and waited for: one call, one answer.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "adapters/http/client.hpp"
#include "apps/cli/settings.hpp"
#include "core/result.hpp"

namespace antiphon::cli {

// Each call blocks until its answer or its deadline. Refusals of the server are Errors with the server's own words.
class ApiClient {
  public:
    explicit ApiClient(ClientSettings settings) : settings_(std::move(settings)) {}

    const ClientSettings& settings() const noexcept { return settings_; }

    core::Result<http::Response> get(const std::string& target) const;
    // `body` may be empty.
    core::Result<http::Response> send(http::Method method, const std::string& target, std::string body = {},
                                      http::Headers headers = {}) const;
    // A POST that waits for something that takes its time.
    core::Result<http::Response> post_patiently(const std::string& target, std::string body,
                                                std::chrono::milliseconds deadline) const;
    // A POST that may be repeated: tried once more when the connection broke, with the same Idempotency-Key.
    core::Result<http::Response> post_once(const std::string& target, const std::string& body) const;
    // Whether a GET of it would succeed; only "not found" is a no.
    core::Result<bool> is_there(const std::string& target) const;

    core::Result<http::Response> upload(http::UploadRequest request) const;
    core::Result<http::Downloaded> download(http::DownloadRequest request, http::Client::ChunkSink sink) const;

  private:
    ClientSettings settings_;
};

// With whom an https server must convince.
http::ClientOptions client_options(const ClientSettings& settings);

// An answer with an error status becomes an Error.
core::Result<http::Response> accepted(core::Result<http::Response> answer);

}  // namespace antiphon::cli
