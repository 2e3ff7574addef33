// Laws of bulk: uploads and downloads go piece by piece, survive breaks, and leave nothing half-done.
#include <fstream>
#include <numeric>

#include "adapters/http/client.hpp"
#include "adapters/http/problem.hpp"
#include "adapters/http/test_loop.hpp"

namespace antiphon::http::testing {
namespace {

std::uint64_t resident_bytes() {
    std::ifstream statm("/proc/self/statm");
    std::uint64_t total_pages = 0;
    std::uint64_t resident_pages = 0;
    statm >> total_pages >> resident_pages;
    return resident_pages * 4096;
}

class TransferTest : public ServerTest {
  protected:
    void SetUp() override {
        folder_ = std::filesystem::temp_directory_path() / ("antiphon-http-" + std::to_string(::getpid()));
        std::filesystem::create_directories(folder_);
        start();
        client = std::make_unique<Client>(loop.io, *parse_url(server->url()), "");
    }
    void TearDown() override { std::filesystem::remove_all(folder_); }

    // A file whose byte at `i` tells of `i`.
    void make_file(std::size_t size_bytes, const std::string& etag) {
        content.resize(size_bytes);
        for (std::size_t i = 0; i < size_bytes; ++i) content[i] = static_cast<char>(i * 2654435761U >> 13U);
        file = {folder_ / "programme", etag};
        std::ofstream(file.path, std::ios::binary) << content;
    }
    core::Result<Response> put(UploadRequest request) {
        std::optional<core::Result<Response>> answer;
        request.target = "/blob";
        client->upload(std::move(request), [&](core::Result<Response> got) { answer = std::move(got); });
        EXPECT_TRUE(loop.until([&] { return answer.has_value(); }, milliseconds(60'000)));
        return *answer;
    }
    core::Result<Downloaded> get(DownloadRequest request, std::string& into) {
        std::optional<core::Result<Downloaded>> answer;
        if (request.target.empty()) request.target = "/file";
        const auto sink = [&](std::span<const std::byte> piece) {
            into.append(reinterpret_cast<const char*>(piece.data()), piece.size());
            return core::Result<void>();
        };
        client->download(std::move(request), sink, [&](core::Result<Downloaded> got) { answer = std::move(got); });
        EXPECT_TRUE(loop.until([&] { return answer.has_value(); }));
        return *answer;
    }
    // Asks for /file with these header fields, and returns all that came.
    std::string ask(const std::string& fields) {
        return talk("GET /file HTTP/1.1\r\nHost: h\r\nConnection: close\r\n" + fields + "\r\n");
    }

    std::filesystem::path folder_;
    std::string content;
    std::unique_ptr<Client> client;
};

TEST_F(TransferTest, FiftyMebibytesGoThroughInFlatMemory) {
    constexpr std::uint64_t total = 50 * 1024 * 1024;
    for (const bool chunked : {false, true}) {
        upload = {};
        std::uint64_t made = 0;
        std::uint64_t peak = 0;
        const auto before = resident_bytes();
        UploadRequest request;
        request.source = ChunkSource([&](std::span<std::byte> space) -> core::Result<std::size_t> {
            const auto size = std::min<std::uint64_t>(space.size(), total - made);
            std::fill_n(space.begin(), size, std::byte{3});
            made += size;
            return static_cast<std::size_t>(size);
        });
        if (!chunked) request.content_length = total;
        std::uint64_t reported = 0;
        request.progress = [&](std::uint64_t sent, auto) {
            reported = sent;
            peak = std::max(peak, resident_bytes());
        };
        const auto began = std::chrono::steady_clock::now();
        const auto answer = put(std::move(request));
        ASSERT_TRUE(answer) << answer.error().what;
        EXPECT_EQ(answer->status, 201);
        EXPECT_EQ(upload.started, chunked ? "chunked" : std::to_string(total));
        EXPECT_EQ(upload.bytes, total);
        EXPECT_EQ(upload.sum, total * 3);
        EXPECT_LE(upload.largest_piece, 64U * 1024);
        EXPECT_EQ(reported, total);
        const auto grown = peak > before ? peak - before : 0;
        RecordProperty(chunked ? "chunked_grown_bytes" : "grown_bytes", std::to_string(grown));
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
        RecordProperty(chunked ? "chunked_s" : "s", std::to_string(took.count()));
#ifndef __SANITIZE_ADDRESS__  // it keeps freed memory for a while
        EXPECT_LT(grown, 4U * 1024 * 1024);
#endif
    }
}

TEST_F(TransferTest, AFileIsUploadedAsItIs) {
    make_file(300'000, "");
    UploadRequest request;
    request.source = file.path;
    const auto answer = put(std::move(request));
    ASSERT_TRUE(answer);
    EXPECT_EQ(upload.bytes, content.size());
    EXPECT_EQ(upload.sum, std::accumulate(content.begin(), content.end(), std::uint64_t{0},
                                          [](auto sum, char c) { return sum + static_cast<unsigned char>(c); }));
    UploadRequest missing;
    missing.source = folder_ / "nothing";
    EXPECT_EQ(put(std::move(missing)).error().code, core::ErrorCode::not_found);
}

TEST_F(TransferTest, ARefusalAtTheBeginCostsNoByte) {
    upload.refuse_begin = core::Error{core::ErrorCode::exhausted, "the disk is full"};
    bool asked = false;
    UploadRequest request;
    request.content_length = 1024 * 1024;
    request.source = ChunkSource([&](std::span<std::byte>) -> core::Result<std::size_t> { return asked = true, 0; });
    const auto answer = put(std::move(request));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 507);
    EXPECT_EQ(error_of(*answer).what, "the disk is full");
    EXPECT_FALSE(asked);
    EXPECT_EQ(upload.bytes, 0U);
    EXPECT_EQ(upload.aborted, 0);
}

TEST_F(TransferTest, ARefusalInTheMiddleReachesTheSender) {
    upload.refuse_chunk = core::Error{core::ErrorCode::corrupt, "not the programme that was announced"};
    UploadRequest request;
    std::uint64_t made = 0;
    request.source = ChunkSource([&](std::span<std::byte> space) -> core::Result<std::size_t> {
        made += space.size();
        return made < 60 * 1024 * 1024 ? space.size() : 0;
    });
    const auto answer = put(std::move(request));
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->status, 422);
    EXPECT_LT(made, 30U * 1024 * 1024);
    EXPECT_EQ(upload.aborted, 1);
    EXPECT_EQ(upload.finished, 0);
}

TEST_F(TransferTest, TheRouteBoundHolds) {
    UploadRequest request;
    request.content_length = 65 * 1024 * 1024;
    request.source = ChunkSource([](std::span<std::byte> space) -> core::Result<std::size_t> { return space.size(); });
    EXPECT_EQ(put(request)->status, 413);
    request.content_length = std::nullopt;
    EXPECT_EQ(put(request)->status, 413);
    EXPECT_EQ(upload.aborted, 1);
}

// The kernel does that: slower than it should be is this machine's, quicker would be ours.
TEST_F(TransferTest, APacedUploadIsNoQuickerThanItMay) {
    make_file(600'000, "");
    ClientOptions paced;
    paced.paced_bytes_per_s = 1'000'000;
    client = std::make_unique<Client>(loop.io, *parse_url(server->url()), "", paced);
    UploadRequest request;
    request.source = file.path;
    const auto begun = std::chrono::steady_clock::now();
    const auto answer = put(std::move(request));
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_GT(std::chrono::steady_clock::now() - begun, milliseconds(300));
}

TEST_F(TransferTest, AnUploadBrokenInTheMiddleIsAborted) {
    const auto sender = raw();
    sender->send("PUT /blob HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" + std::string(100'000, 'x'));
    ASSERT_TRUE(loop.until([&] { return upload.bytes == 100'000; }));
    sender->close();
    ASSERT_TRUE(loop.until([&] { return upload.aborted == 1; }));
    EXPECT_EQ(upload.finished, 0);
    EXPECT_EQ(server->counters().aborted_uploads, 1U);
}

TEST_F(TransferTest, AnUploadUnderWayIsAbortedWithTheServer) {
    const auto sender = raw();
    sender->send("PUT /blob HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n" + std::string(10'000, 'x'));
    ASSERT_TRUE(loop.until([&] { return upload.bytes == 10'000; }));
    server = nullptr;
    EXPECT_EQ(upload.aborted, 1);
    EXPECT_TRUE(loop.until([&] { return sender->closed; }));
}

TEST_F(TransferTest, RangesAreServedAsAsked) {
    make_file(200'000, "\"v1\"");
    const auto body = [](const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); };
    const auto whole = ask("");
    EXPECT_TRUE(whole.starts_with("HTTP/1.1 200"));
    EXPECT_NE(whole.find("Accept-Ranges: bytes\r\n"), std::string::npos);
    EXPECT_NE(whole.find("ETag: \"v1\"\r\n"), std::string::npos);
    EXPECT_EQ(body(whole), content);
    const auto part = ask("Range: bytes=1000-1999\r\n");
    EXPECT_TRUE(part.starts_with("HTTP/1.1 206"));
    EXPECT_NE(part.find("Content-Range: bytes 1000-1999/200000\r\n"), std::string::npos);
    EXPECT_NE(part.find("Content-Length: 1000\r\n"), std::string::npos);
    EXPECT_EQ(body(part), content.substr(1000, 1000));
    EXPECT_EQ(body(ask("Range: bytes=-5\r\nIf-Range: \"v1\"\r\n")), content.substr(199'995));
    EXPECT_EQ(body(ask("Range: bytes=5-9\r\nIf-Range: \"v2\"\r\n")), content);
    const auto outside = ask("Range: bytes=200000-\r\n");
    EXPECT_TRUE(outside.starts_with("HTTP/1.1 416"));
    EXPECT_NE(outside.find("Content-Range: bytes */200000\r\n"), std::string::npos);
    EXPECT_TRUE(ask("If-None-Match: \"v1\"\r\n").starts_with("HTTP/1.1 304"));
    const auto head = talk("HEAD /file HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
    EXPECT_NE(head.find("Content-Length: 200000\r\n"), std::string::npos);
    EXPECT_EQ(body(head), "");
}

TEST_F(TransferTest, AFileThatIsGoneIsA404AndAnEmptyOneIsFine) {
    file = {folder_ / "gone", ""};
    EXPECT_TRUE(ask("").starts_with("HTTP/1.1 404"));
    file = {folder_, ""};
    EXPECT_TRUE(ask("").starts_with("HTTP/1.1 404"));
    make_file(0, "");
    EXPECT_TRUE(ask("").starts_with("HTTP/1.1 200"));
    std::string got;
    EXPECT_TRUE(get({}, got));
}

TEST_F(TransferTest, ADownloadIsResumedWhereItEnded) {
    make_file(500'000, "\"v1\"");
    std::string got = content.substr(0, 123'456);
    DownloadRequest request;
    request.offset = got.size();
    request.etag = "\"v1\"";
    const auto done = get(request, got);
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(got, content);
    EXPECT_EQ(done->bytes, content.size() - 123'456);
    EXPECT_EQ(done->total_size, content.size());
    EXPECT_EQ(done->etag, "\"v1\"");
    request.offset = content.size();
    EXPECT_EQ(get(request, got)->bytes, 0U);
    request.etag = "\"v0\"";
    request.offset = 10;
    EXPECT_EQ(get(request, got).error().code, core::ErrorCode::conflict);
    request.target = "/nowhere";
    EXPECT_EQ(get(request, got).error().code, core::ErrorCode::not_found);
}

// A server that hangs up in mid-file, as often as it likes, and answers ranges right.
class HangsUp {
  public:
    HangsUp(asio::io_context& io, const std::string& content)
        : content_(content), acceptor_(io, {asio::ip::address_v4::loopback(), 0}) {
        next();
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    int asked = 0;

  private:
    void next() {
        acceptor_.async_accept([this](auto error, asio::ip::tcp::socket socket) {
            if (error) return;
            ++asked;
            serve(std::make_shared<asio::ip::tcp::socket>(std::move(socket)));
            next();
        });
    }
    void serve(const std::shared_ptr<asio::ip::tcp::socket>& socket) {
        const auto request = std::make_shared<std::string>(4096, '\0');
        socket->async_read_some(asio::buffer(*request), [this, socket, request](auto, std::size_t size) {
            const auto range = request->substr(0, size).find("Range: bytes=");
            const auto at = range == std::string::npos ? 0 : std::stoul(request->substr(range + 13));
            const auto size_text = std::to_string(content_.size());
            const auto answer = std::make_shared<std::string>(
                (at == 0 ? "HTTP/1.1 200 OK\r\n"
                         : "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(at) + "-" +
                               std::to_string(content_.size() - 1) + "/" + size_text + "\r\n") +
                "ETag: \"e\"\r\nContent-Length: " + std::to_string(content_.size() - at) + "\r\n\r\n" +
                content_.substr(at, 100'000));
            asio::async_write(*socket, asio::buffer(*answer), [socket, answer](auto, std::size_t) {});
        });
    }

    const std::string& content_;
    asio::ip::tcp::acceptor acceptor_;
};

// A server that says `greeting` after the head of an upload, and 201 after its whole body.
class TakesUpload {
  public:
    TakesUpload(asio::io_context& io, std::string greeting, std::size_t body_bytes)
        : greeting_(std::move(greeting)),
          body_bytes_(body_bytes),
          acceptor_(io, {asio::ip::address_v4::loopback(), 0}),
          peer_(io) {
        acceptor_.async_accept(peer_, [this](auto error) {
            if (!error) read_on();
        });
    }
    std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
    void say(const std::string& bytes) { asio::write(peer_, asio::buffer(bytes)); }
    std::size_t body_received() const { return received_ - head_bytes_; }

  private:
    void read_on() {
        peer_.async_read_some(asio::buffer(space_), [this](auto error, std::size_t size) {
            if (error) return;
            received_ += size;
            if (head_bytes_ == 0) {
                head_bytes_ = received_;  // the client waits for the greeting
                say(greeting_);
            }
            if (body_received() == body_bytes_) say("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
            read_on();
        });
    }

    const std::string greeting_;
    const std::size_t body_bytes_;
    asio::ip::tcp::acceptor acceptor_;
    asio::ip::tcp::socket peer_;
    std::array<char, 65'536> space_{};
    std::size_t head_bytes_ = 0;
    std::size_t received_ = 0;
};

TEST_F(TransferTest, AnInterimAnswerWhileTheBodyIsSentIsNotTheAnswer) {
    make_file(1'000'000, "");
    TakesUpload other(loop.io, "HTTP/1.1 100 Continue\r\n\r\n", content.size());
    ClientOptions settings;
    settings.stall_timeout = milliseconds(5'000);
    client = std::make_unique<Client>(loop.io, Url{"127.0.0.1", other.port()}, "", settings);
    UploadRequest request;
    request.source = file.path;
    int pieces = 0;
    request.progress = [&](auto, auto) {
        if (++pieces <= 3) other.say("HTTP/1.1 100 Continue\r\n\r\n");  // late, and more than once
    };
    const auto answer = put(std::move(request));
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->status, 201);
    EXPECT_EQ(other.body_received(), content.size());
    EXPECT_GT(pieces, 3);
}

TEST_F(TransferTest, ARefusalRightBehindA100EndsTheUpload) {
    make_file(1'000'000, "");
    TakesUpload other(loop.io, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 507 Full\r\nContent-Length: 0\r\n\r\n",
                      content.size());
    client = std::make_unique<Client>(loop.io, Url{"127.0.0.1", other.port()}, "");
    UploadRequest request;
    request.source = file.path;
    std::uint64_t sent = 0;
    request.progress = [&](std::uint64_t bytes, auto) { sent = bytes; };
    const auto answer = put(std::move(request));
    ASSERT_TRUE(answer) << answer.error().what;
    EXPECT_EQ(answer->status, 507);
    EXPECT_LT(sent, content.size());
}

TEST_F(TransferTest, BrokenConnectionsAreSurvivedWithinTheBound) {
    make_file(450'000, "");
    HangsUp other(loop.io, content);
    client = std::make_unique<Client>(loop.io, Url{"127.0.0.1", other.port()}, "");
    std::string got;
    const auto done = get({}, got);
    ASSERT_TRUE(done) << done.error().what;
    EXPECT_EQ(done->resumes, 4U);
    EXPECT_EQ(other.asked, 5);
    EXPECT_EQ(got, content);
    DownloadRequest impatient;
    impatient.target = "/file";
    impatient.resumes_max = 2;
    got.clear();
    EXPECT_EQ(get(impatient, got).error().code, core::ErrorCode::unavailable);
    EXPECT_EQ(got, content.substr(0, 300'000));
}

TEST_F(TransferTest, ASinkThatFailsEndsTheDownload) {
    make_file(500'000, "");
    std::optional<core::Result<Downloaded>> answer;
    client->download(
        {"/file"}, [](auto) -> core::Result<void> { return core::Error{core::ErrorCode::exhausted, "full"}; },
        [&](core::Result<Downloaded> got) { answer = std::move(got); });
    ASSERT_TRUE(loop.until([&] { return answer.has_value(); }));
    EXPECT_EQ(answer->error().what, "full");
}

}  // namespace
}  // namespace antiphon::http::testing
