// Laws of sinks that are not always ready: the client waits, and costs nothing meanwhile.
#include "adapters/http/client.hpp"
#include "adapters/http/test_loop.hpp"

namespace antiphon::http::testing {
namespace {

class HeldBackTest : public ServerTest {
  protected:
    void begin() {
        start();
        client = std::make_unique<Client>(loop.io, *parse_url(server->url()), "");
        upload.holds_back = true;
    }

    std::unique_ptr<Client> client;
};

TEST_F(HeldBackTest, AClientIsHeldBackUntilTheSinkWantsMore) {
    options.body_idle = milliseconds(300);
    begin();
    std::optional<core::Result<Response>> answer;
    UploadRequest request;
    request.target = "/blob";
    constexpr std::size_t total = 20'000'000;  // more than sockets hold
    std::size_t made = 0;
    request.source = ChunkSource([&](std::span<std::byte> space) -> core::Result<std::size_t> {
        const auto size = std::min(space.size(), total - made);
        made += size;
        return size;
    });
    client->upload(std::move(request), [&](core::Result<Response> got) { answer = std::move(got); });
    ASSERT_TRUE(loop.until([&] { return upload.go != nullptr; }));
    const auto held = upload.bytes;
    loop.until([] { return false; }, milliseconds(1'000));
    EXPECT_EQ(upload.bytes, held);
    EXPECT_LT(made, total);
    EXPECT_FALSE(answer) << "who is held back is not idle";
    upload.holds_back = false;
    const auto late = upload.go;
    late();
    ASSERT_TRUE(loop.until([&] { return answer.has_value(); }));
    EXPECT_EQ((*answer)->status, 201);
    EXPECT_EQ(upload.bytes, total);
    late();  // again, when nobody waits any more: nothing
}

TEST_F(HeldBackTest, AnUploadThatIsHeldBackIsAbortedWhenTheServerEnds) {
    begin();
    UploadRequest request;
    request.target = "/blob";
    request.source = ChunkSource([&](std::span<std::byte> space) -> core::Result<std::size_t> { return space.size(); });
    client->upload(std::move(request), [](const core::Result<Response>&) {});
    ASSERT_TRUE(loop.until([&] { return upload.go != nullptr; }));
    bool stopped = false;
    server->stop(milliseconds(50), [&] { stopped = true; });
    EXPECT_TRUE(loop.until([&] { return stopped && upload.aborted == 1; }));
    upload.go();
}

}  // namespace
}  // namespace antiphon::http::testing
