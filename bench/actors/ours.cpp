// Our actors: ping-pong on one loop, and how much an idle actor weighs.
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <vector>

#include "actors/actor.hpp"
#include "actors/loop_executor.hpp"
#include "bench/actors/peer.hpp"

namespace antiphon::bench {
namespace {

using actors::Ref;
using std::chrono::steady_clock;

struct Ball {
    std::uint64_t left = 0;
};

struct Player final : actors::Actor<Ball> {
    void on_message(const Ball& ball) override {
        if (ball.left > 0) other.tell({ball.left - 1});
    }
    Ref<Ball> other;
};

actors::LoopTime steady_time() {
    return {[] { return core::LocalTime{steady_clock::now().time_since_epoch().count()}; },
            [](core::LocalTime) { return steady_clock::duration::zero(); }};
}

double ping_pong(std::uint64_t rounds) {
    boost::asio::io_context loop(1);
    actors::LoopExecutor executor(loop, steady_time());
    Player* players[2] = {};
    Ref<Ball> refs[2];
    for (int i = 0; i < 2; ++i)
        refs[i] = actors::spawn<Ball>(executor, {64, actors::Overflow::refuse}, [&](const auto&) {
            auto player = std::make_unique<Player>();
            players[i] = player.get();
            return player;
        });
    players[0]->other = refs[1];
    players[1]->other = refs[0];
    refs[0].tell({rounds});
    const double begin = seconds_now();
    loop.run();
    const double took = seconds_now() - begin;
    players[0]->other = {};
    players[1]->other = {};
    return static_cast<double>(rounds) / took;
}

double weight(std::uint64_t count) {
    boost::asio::io_context loop(1);
    actors::LoopExecutor executor(loop, steady_time());
    std::vector<Ref<Ball>> all;
    all.reserve(count);
    const double before = bytes_in_use();
    for (std::uint64_t i = 0; i < count; ++i)
        all.push_back(actors::spawn<Ball>(executor, {}, [](const auto&) { return std::make_unique<Player>(); }));
    return (bytes_in_use() - before) / static_cast<double>(count);
}

}  // namespace

Measured measure_ours(std::uint64_t rounds, std::uint64_t actors) { return {ping_pong(rounds), weight(actors)}; }

}  // namespace antiphon::bench
