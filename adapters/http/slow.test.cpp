// Who does not read what he asked for is cut off; the others do not notice.
#include <fstream>

#include "adapters/http/test_loop.hpp"

namespace antiphon::http::testing {
namespace {

TEST_F(ServerTest, ASlowReaderOfAFileIsCutOffAndTheOthersAreNot) {
    file.path = std::filesystem::temp_directory_path() / ("antiphon-slow-" + std::to_string(::getpid()));
    std::ofstream(file.path) << std::string(32 * 1024 * 1024, 'x');
    options.body_idle = milliseconds(100);
    start();
    auto slow = std::make_shared<RawClient>(loop.io, server->port());  // sends, but never reads
    slow->send("GET /file HTTP/1.1\r\nHost: h\r\n\r\n");
    ASSERT_TRUE(loop.until([&] { return server->counters().bytes_out > 64 * 1024; }));
    const auto other = raw();
    std::size_t answered = 0;
    std::chrono::nanoseconds longest{};
    while (server->counters().slow_consumers_cut == 0) {
        const auto asked = std::chrono::steady_clock::now();
        other->send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
        ++answered;
        ASSERT_TRUE(loop.until([&] { return other->answers() == answered; }));
        longest = std::max<std::chrono::nanoseconds>(longest, std::chrono::steady_clock::now() - asked);
        ASSERT_LT(answered, 1'000'000U);
    }
    EXPECT_EQ(server->counters().slow_consumers_cut, 1U);
    EXPECT_TRUE(loop.until([&] { return server->counters().open_connections == 1; }));
    RecordProperty("longest_wait_us", std::to_string(longest.count() / 1000));
    std::filesystem::remove(file.path);
}

}  // namespace
}  // namespace antiphon::http::testing
