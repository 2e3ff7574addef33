// Laws of segments on their way: what was sent once is not sent again, and nothing is kept that is not what it was.
#include "apps/coordinator/segment_upload.hpp"

#include <gtest/gtest.h>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <random>

#include "adapters/files/atomic_write.hpp"
#include "adapters/files/sha256.hpp"
#include "adapters/http/server.hpp"
#include "adapters/http/test_loop.hpp"
#include "apps/backup/fixture.test.hpp"
#include "apps/node/segment_rows.hpp"
#include "apps/worker/segment_sender.hpp"

namespace antiphon::coordinator {
namespace {

namespace asio = boost::asio;
namespace fs = std::filesystem;
using asio::ip::tcp;

std::string files_text(const fs::path& path) { return *files::read_text(path, 1 << 20); }

// Carries bytes between a client and a server, and breaks the connection after as many from the client as it has left.
class CuttingRelay {
  public:
    CuttingRelay(asio::io_context& io, std::uint16_t server)
        : io_(io),
          acceptor_(io, {asio::ip::address_v4::loopback(), 0}),
          server_(asio::ip::address_v4::loopback(), server) {
        accept();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

    std::uint64_t carried = 0;  // from the client
    int cuts_left = 0;
    std::uint64_t cut_each = 0;  // bytes

  private:
    struct Pair {
        explicit Pair(asio::io_context& io) : client(io), server(io) {}
        tcp::socket client, server;
        std::array<char, 8192> up{}, down{};
    };

    void accept() {
        auto pair = std::make_shared<Pair>(io_);
        acceptor_.async_accept(pair->client, [this, pair](auto error) {
            if (error) return;
            pair->server.connect(server_, error);
            if (!error) {
                carry(pair, pair->client, pair->server, pair->up, true);
                carry(pair, pair->server, pair->client, pair->down, false);
            }
            accept();
        });
    }
    void carry(const std::shared_ptr<Pair>& pair, tcp::socket& from, tcp::socket& to, std::array<char, 8192>& space,
               bool upwards) {
        from.async_read_some(asio::buffer(space), [=, this, &from, &to, &space](auto error, std::size_t size) {
            if (error) return close(*pair);
            asio::async_write(to, asio::buffer(space, size), [=, this, &from, &to, &space](auto failed, std::size_t) {
                if (failed) return close(*pair);
                if (upwards) carried += size;
                since_cut_ += upwards ? size : 0;
                if (cuts_left > 0 && since_cut_ > cut_each) {
                    --cuts_left;
                    since_cut_ = 0;
                    return close(*pair);
                }
                carry(pair, from, to, space, upwards);
            });
        });
    }
    static void close(Pair& pair) {
        boost::system::error_code ignored;
        pair.client.close(ignored);
        pair.server.close(ignored);
    }

    asio::io_context& io_;
    tcp::acceptor acceptor_;
    const tcp::endpoint server_;
    std::uint64_t since_cut_ = 0;
};

class OnTheWay : public testing::Test {
  protected:
    static constexpr std::uint64_t segment_bytes = 400'000;
    const core::TrackId id{{"r1"}, "mic"};

    OnTheWay() {
        const auto here = [this](const http::Request& request) { return *track_folder(folder_.path, request); };
        router_.add(http::Method::put, "/v1/recordings/{id}/inputs/{input}/segments/{number}", http::Permission::worker,
                    [here](const http::Request& request, http::Responder responder) {
                        const auto place =
                            SegmentCatalogue(here(request)).announce(*node::segment_row_text().read(request.body));
                        place ? responder.answer(http::Response::json(json::encode(*place)))
                              : responder.fail(place.error());
                    });
        router_.upload(http::Method::put, "/v1/recordings/{id}/inputs/{input}/segments/{number}/audio",
                       http::Permission::worker, 1 << 30,
                       [this] { return std::make_unique<SegmentUpload>(background_, folder_.path); });
        router_.add(http::Method::post, "/v1/recordings/{id}/inputs/{input}/complete", http::Permission::worker,
                    [here](const http::Request& request, http::Responder responder) {
                        const auto done =
                            SegmentCatalogue(here(request)).complete(*json::decode<api::TrackComplete>(request.body));
                        done ? responder.answer(http::Response::empty()) : responder.fail(done.error());
                    });
    }

    void start() {
        http::ServerOptions options;
        options.listen = {"127.0.0.1", 0};
        options.authenticator = [](std::string_view, const http::Request&) {
            return http::Identity{"w1", {http::Permission::worker}};
        };
        auto server = http::Server::listen(loop_.io, std::move(options), std::move(router_));
        ASSERT_TRUE(server);
        server_ = std::move(*server);
        relay_ = std::make_unique<CuttingRelay>(loop_.io, server_->port());
        client_ = std::make_unique<http::Client>(
            loop_.io, *http::parse_url("http://127.0.0.1:" + std::to_string(relay_->port())), "secret");
        sender_ = std::make_unique<worker::SegmentSender>(
            *client_,
            [this](core::Duration, std::function<void()> action) {
                auto timer = std::make_shared<asio::steady_timer>(loop_.io, std::chrono::milliseconds(1));
                timer->async_wait([timer, action = std::move(action)](auto) { action(); });
            },
            worker::SegmentSender::Handlers{
                [this](const core::TrackId&, int number) { return sent_from(number); },
                [this](const core::TrackId&, const media::SegmentRow& row) { kept_.push_back(row.number); }});
    }
    fs::path sent_from(int number) const { return folder_.path / "board" / std::to_string(number); }
    media::SegmentRow segment(int number) {
        std::mt19937 random(static_cast<unsigned>(number));
        std::string sound(segment_bytes, '\0');
        for (auto& byte : sound) byte = static_cast<char>(random());
        EXPECT_TRUE(files::ensure_folder(folder_.path / "board"));
        EXPECT_TRUE(files::atomic_write(sent_from(number), sound, 0600));
        return {.number = number,
                .life = 1,
                .first = number * 1000,
                .frames = 1000,
                .closed = true,
                .bytes = segment_bytes,
                .sha256 = files::sha256_file(sent_from(number))->value};
    }
    SegmentCatalogue catalogue() const { return SegmentCatalogue(folder_.path / "r1" / "w1.mic"); }

    backup::testing::Folder folder_;
    http::testing::Loop loop_;
    system::Background background_{loop_.io};
    http::Router router_;
    std::unique_ptr<http::Server> server_;
    std::unique_ptr<CuttingRelay> relay_;
    std::unique_ptr<http::Client> client_;
    std::unique_ptr<worker::SegmentSender> sender_;
    std::vector<int> kept_;
};

TEST_F(OnTheWay, NobodyFillsTheDisk) {
    for (const std::uint64_t bytes : {std::uint64_t{1} << 60, ~std::uint64_t{0}})
        EXPECT_EQ(catalogue().require_room(bytes).error().code, core::ErrorCode::exhausted) << bytes;
    EXPECT_TRUE(catalogue().require_room(0));
}

TEST_F(OnTheWay, TwentyCutsCostLessThanASegmentSentTwice) {
    start();
    relay_->cuts_left = 20;
    relay_->cut_each = 70'000;
    std::map<int, std::string> all;
    for (int number = 0; number < 5; ++number) {
        const auto row = segment(number);
        all[number] = row.sha256;
        sender_->send(id, row);
    }
    std::optional<std::string> done;
    sender_->complete(id, all, [&](const std::string& refusal) { done = refusal; });
    ASSERT_TRUE(loop_.until([&] { return done.has_value(); }, std::chrono::milliseconds(60'000)));
    EXPECT_EQ(*done, "");
    EXPECT_EQ(relay_->cuts_left, 0);
    EXPECT_EQ(kept_, (std::vector{0, 1, 2, 3, 4})) << "each once, in order";
    const auto rows = catalogue().kept();
    ASSERT_TRUE(rows);
    ASSERT_EQ(rows->size(), 5U);
    for (const auto& row : *rows) EXPECT_EQ(files::sha256_file(catalogue().file(row.number))->value, all[row.number]);
    EXPECT_LT(relay_->carried, 6 * segment_bytes) << "what was sent, with all questions";
    EXPECT_EQ(sender_->waiting(), 0U);
}

TEST_F(OnTheWay, WhatIsDamagedOnTheBoardIsNotKept) {
    start();
    auto row = segment(0);
    ASSERT_TRUE(files::atomic_write(sent_from(0), std::string(segment_bytes, 'x'), 0600));
    sender_->send(id, row);
    EXPECT_FALSE(loop_.until([&] { return !kept_.empty(); }, std::chrono::milliseconds(300)));
    EXPECT_TRUE(catalogue().kept()->empty());
    EXPECT_EQ(sender_->waiting(), 1U);
    sender_->send(id, segment(1));
    sender_->send({{"r1"}, "other"}, segment(2));
    EXPECT_TRUE(loop_.until([&] { return kept_.size() == 2; })) << "those behind it do not wait for it";
}

TEST_F(OnTheWay, ARowThatIsToldAgainIsKeptWithItsSound) {
    start();
    auto row = segment(0);
    sender_->send(id, row);
    ASSERT_TRUE(loop_.until([&] { return kept_.size() == 1; }));
    const auto before = relay_->carried;
    row.gaps.push_back({1000, 480, "the ring was full"});
    sender_->send(id, row);
    ASSERT_TRUE(loop_.until([&] { return kept_.size() == 2; }));
    EXPECT_LT(relay_->carried - before, 10'000U);
    const auto rows = catalogue().kept();
    ASSERT_EQ(rows->size(), 1U);
    EXPECT_EQ(rows->front().gaps, row.gaps);
}

TEST_F(OnTheWay, ASegmentThatWasMendedDifferentlyTakesTheOthersPlace) {
    const auto row = segment(0);
    ASSERT_EQ(catalogue().announce(row)->received_bytes, 0U);
    auto half = files::PartialFile::open(catalogue().place(0), 0);
    ASSERT_TRUE(half);
    ASSERT_TRUE(half->append(std::vector<std::byte>(1000)));
    EXPECT_EQ(catalogue().announce(row)->received_bytes, 1000U);
    EXPECT_EQ(catalogue().announce(segment(0))->received_bytes, 1000U) << "the same";
    auto other = segment(1);
    other.number = 0;
    EXPECT_EQ(catalogue().announce(other)->received_bytes, 0U);
    EXPECT_EQ(catalogue().complete({{{0, other.sha256}}}).error().code, core::ErrorCode::conflict);
    ASSERT_TRUE(files::atomic_write(catalogue().file(0), files_text(sent_from(1)), 0600));
    ASSERT_TRUE(catalogue().accept(0));
    const auto replaced = catalogue().announce(row);
    ASSERT_FALSE(replaced) << "what is kept nobody replaces";
    EXPECT_NE(replaced.error().what.find("is not replaced"), std::string::npos);
    EXPECT_EQ(catalogue().kept()->front().sha256, other.sha256);
    auto open = other;
    open.closed = false;
    EXPECT_EQ(catalogue().announce(open).error().code, core::ErrorCode::invalid);
}

}  // namespace
}  // namespace antiphon::coordinator
