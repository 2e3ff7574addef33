// A coordinator that answers what its script says: a real HTTP server on a thread of its own.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <deque>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "adapters/files/sha256.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/http/server.hpp"
#include "apps/cli/console.test.hpp"

namespace antiphon::cli::testing {

inline std::string sha256_of(const std::string& text) {
    files::Sha256 hash;
    hash.update(std::as_bytes(std::span(text)));
    return hash.finish().value;
}

// What one request brought.
struct Seen {
    std::string line;  // "PUT /v1/zones/hall"
    http::Headers headers;
    std::string body;
};

// Routes are added before start(). Its thread and the test share only what the mutex guards.
class FakeService {
  public:
    static constexpr std::string_view token = "open-sesame";

    FakeService() = default;
    ~FakeService() {
        io_.stop();
        if (thread_.joinable()) thread_.join();
    }
    FakeService(const FakeService&) = delete;
    FakeService& operator=(const FakeService&) = delete;

    // Answers with these one after the other, the last one again and again.
    void on(http::Method method, const std::string& pattern, std::deque<http::Response> answers) {
        script_[std::string(to_string(method)) + pattern] = std::move(answers);
        router.add(
            method, pattern, http::Permission::view,
            [this, key = std::string(to_string(method)) + pattern](http::Request request, http::Responder responder) {
                note(request);
                responder.answer(next(key));
            });
    }
    void on(http::Method method, const std::string& pattern, const std::string& json, int status = 200) {
        on(method, pattern, {http::Response::json(json, status)});
    }
    // An upload; `answer` makes its answer from the body.
    void on_upload(const std::string& pattern, std::function<http::Response(const std::string&)> answer,
                   http::Method method = http::Method::post) {
        router.upload(method, pattern, http::Permission::view, 1 << 20,
                      [this, answer = std::move(answer)] { return std::make_unique<Sink>(*this, answer); });
    }

    // A WebSocket that sends these to each who connects; the first `cut` of them are cut off at once instead.
    void on_socket(const std::string& pattern, std::vector<std::string> messages, int cut = 0) {
        router.websocket(pattern, http::Permission::view,
                         [this, messages = std::move(messages), cut](const auto&, auto socket) mutable {
                             if (cut-- > 0) return socket->close(http::close_code::going_away, "restarting");
                             for (const auto& message : messages) socket->send(message);
                             sockets_.push_back(std::move(socket));
                         });
    }

    std::string start() {
        http::ServerOptions options;
        options.listen = {"127.0.0.1", 0};
        options.authenticator = [](std::string_view shown, const http::Request&) {
            return shown == token ? std::optional(http::Identity{"ann", http::PermissionSet::everything()})
                                  : std::nullopt;
        };
        auto listening = http::Server::listen(io_, std::move(options), std::move(router));
        EXPECT_TRUE(listening) << (listening ? "" : listening.error().what);
        server_ = std::move(*listening);
        thread_ = std::thread([this] { io_.run(); });
        return server_->url();
    }

    std::vector<Seen> seen() const {
        const std::lock_guard lock(mutex_);
        return seen_;
    }
    Seen last() const {
        const auto all = seen();
        return all.empty() ? Seen() : all.back();
    }

    http::Router router;

  private:
    class Sink final : public http::UploadSink {
      public:
        Sink(FakeService& service, std::function<http::Response(const std::string&)> answer)
            : service_(service), answer_(std::move(answer)) {}
        core::Result<void> begin(const http::Request& request, std::optional<std::uint64_t>) override {
            request_ = request;
            return {};
        }
        core::Result<void> chunk(std::span<const std::byte> piece) override {
            request_.body.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            return {};
        }
        void finish(http::Responder responder) override {
            service_.note(request_);
            responder.answer(answer_(request_.body));
        }
        void aborted() noexcept override {}

      private:
        FakeService& service_;
        std::function<http::Response(const std::string&)> answer_;
        http::Request request_;
    };

    void note(const http::Request& request) {
        const std::lock_guard lock(mutex_);
        seen_.push_back(
            {std::string(to_string(request.method)) + " " + request.instance, request.headers, request.body});
    }
    http::Response next(const std::string& key) {
        auto& answers = script_[key];
        auto answer = answers.front();
        if (answers.size() > 1) answers.pop_front();
        return answer;
    }

    boost::asio::io_context io_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_{io_.get_executor()};
    std::map<std::string, std::deque<http::Response>> script_;
    std::vector<std::shared_ptr<http::WebSocket>> sockets_;
    std::unique_ptr<http::Server> server_;
    std::thread thread_;
    mutable std::mutex mutex_;
    std::vector<Seen> seen_;
};

// A command line that knows the way to the service.
class ServiceTest : public ::testing::Test {
  protected:
    // Starts the service when it does not run yet.
    Outcome run(const std::vector<std::string>& words) {
        if (console.variables["ANTIPHON_URL"].empty()) {
            console.variables["ANTIPHON_URL"] = service.start();
            console.variables["ANTIPHON_TOKEN"] = FakeService::token;
        }
        return console.run(words);
    }
    // What it printed; the exit code must be 0.
    std::string out_of(const std::vector<std::string>& words) {
        const auto outcome = run(words);
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        return outcome.out;
    }

    Console console;
    FakeService service;
};

}  // namespace antiphon::cli::testing
