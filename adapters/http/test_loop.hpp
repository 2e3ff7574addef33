// For the tests of this folder: a loop that runs until something is so, a client of raw bytes, a server with routes.
#pragma once

#include <gtest/gtest.h>

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <deque>
#include <memory>
#include <string>

#include "adapters/http/server.hpp"

namespace antiphon::http::testing {

namespace asio = boost::asio;
using std::chrono::milliseconds;

class Loop {
  public:
    asio::io_context io;

    // Runs the loop until `so`; false when the deadline came first.
    template <class Condition>
    bool until(Condition so, milliseconds limit = milliseconds(10'000)) {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!so()) {
            if (std::chrono::steady_clock::now() >= end) return false;
            if (io.stopped()) io.restart();
            io.run_one_for(milliseconds(20));
        }
        return true;
    }
};

// Sends what it is told and keeps what it gets, without any idea of HTTP.
class RawClient : public std::enable_shared_from_this<RawClient> {
  public:
    RawClient(asio::io_context& io, std::uint16_t port) : socket_(io) {
        socket_.connect({asio::ip::address_v4::loopback(), port});
    }
    static std::shared_ptr<RawClient> reading(asio::io_context& io, std::uint16_t port) {
        auto client = std::make_shared<RawClient>(io, port);
        client->read_next();
        return client;
    }

    std::string received;
    bool closed = false;
    std::size_t sent = 0;

    void send(std::string bytes) {
        outgoing_.push_back(std::move(bytes));
        if (outgoing_.size() == 1) write_next();
    }
    void half_close() { socket_.shutdown(asio::ip::tcp::socket::shutdown_send); }
    void close() { socket_.close(); }
    // How many complete answers are there; for answers without "HTTP/1.1 " in their bodies.
    std::size_t answers() const {
        std::size_t count = 0;
        for (auto at = received.find("HTTP/1.1 "); at != std::string::npos; at = received.find("HTTP/1.1 ", at + 1))
            ++count;
        return count;
    }
    bool has(std::string_view text) const { return received.find(text) != std::string::npos; }
    void read_next() {
        socket_.async_read_some(asio::buffer(space_), [self = shared_from_this()](auto error, std::size_t size) {
            self->received.append(self->space_.data(), size);
            self->closed = static_cast<bool>(error);
            if (!error) self->read_next();
        });
    }

  private:
    void write_next() {
        asio::async_write(socket_, asio::buffer(outgoing_.front()),
                          [self = shared_from_this()](auto error, std::size_t size) {
                              self->sent += size;
                              self->outgoing_.pop_front();
                              if (!error && !self->outgoing_.empty()) self->write_next();
                          });
    }

    asio::ip::tcp::socket socket_;
    std::array<char, 16384> space_{};
    std::deque<std::string> outgoing_;
};

// What the upload route of the tests got.
struct UploadLog {
    std::string started;  // Content-Length or "chunked"
    std::uint64_t bytes = 0;
    std::uint64_t sum = 0;  // of all bytes
    std::size_t largest_piece = 0;
    int finished = 0;
    bool holds_back = false;   // after each piece, until `go`
    std::function<void()> go;  // of the last
    int aborted = 0;
    core::Result<void> refuse_begin;
    core::Result<void> refuse_chunk;
};

class LogSink final : public UploadSink {
  public:
    explicit LogSink(UploadLog& log) : log_(log) {}
    core::Result<void> begin(const Request&, std::optional<std::uint64_t> length) override {
        log_.started = length ? std::to_string(*length) : "chunked";
        return log_.refuse_begin;
    }
    core::Result<void> chunk(std::span<const std::byte> piece) override {
        log_.bytes += piece.size();
        log_.largest_piece = std::max(log_.largest_piece, piece.size());
        for (const auto byte : piece) log_.sum += static_cast<unsigned>(byte);
        return log_.refuse_chunk;
    }
    void when_ready(const std::function<void()>& go) override {
        if (!log_.holds_back) return go();
        log_.go = go;
    }
    void finish(Responder responder) override {
        ++log_.finished;
        responder.answer(Response::json("{\"bytes\":" + std::to_string(log_.bytes) + "}", 201));
    }
    void aborted() noexcept override { ++log_.aborted; }

  private:
    UploadLog& log_;
};

// A server with a few routes of each kind; tests change the options before start().
class ServerTest : public ::testing::Test {
  protected:
    ServerTest();

    void start();
    std::shared_ptr<RawClient> raw() { return RawClient::reading(loop.io, server->port()); }
    // Sends `bytes` on a new connection and waits for its end; returns what came.
    std::string talk(const std::string& bytes);
    // The same, and checks the status.
    std::string expect_status(const std::string& bytes, int status);

    Loop loop;
    ServerOptions options;
    Router router;
    std::unique_ptr<Server> server;
    UploadLog upload;
    std::vector<Responder> kept;  // by /keep
    std::vector<std::shared_ptr<WebSocket>> sockets;
    std::vector<std::string> heard;  // from WebSockets
    std::vector<std::uint16_t> closes;
    FileBody file;
};

}  // namespace antiphon::http::testing
