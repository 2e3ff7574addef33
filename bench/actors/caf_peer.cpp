// CAF, the peer: the same ping-pong with one scheduler thread, and the weight of its idle actors.
#include "bench/actors/peer.hpp"

#ifdef BENCH_WITH_CAF

#include <caf/all.hpp>
#include <vector>

namespace antiphon::bench {
namespace {

caf::behavior player(caf::event_based_actor* self) {
    return {[self](std::uint64_t left) {
                if (left > 0) self->send(caf::actor_cast<caf::actor>(self->current_sender()), left - 1);
            },
            [self](caf::actor other, std::uint64_t rounds) { self->send(other, rounds); }};
}

caf::actor_system_config one_thread() {
    caf::actor_system_config config;
    config.set("scheduler.max-threads", std::size_t{1});
    return config;
}

}  // namespace

Measured measure_caf(std::uint64_t rounds, std::uint64_t actors) {
    Measured measured;
    auto config = one_thread();
    {
        caf::actor_system system(config);
        const double begin = seconds_now();
        {
            auto a = system.spawn(player);
            auto b = system.spawn(player);
            caf::anon_send(a, b, rounds);
            a = nullptr;
            b = nullptr;
        }
        system.await_all_actors_done();
        measured.messages_per_s = static_cast<double>(rounds) / (seconds_now() - begin);
    }
    caf::actor_system system(config);
    std::vector<caf::actor> all;
    all.reserve(actors);
    const double before = bytes_in_use();
    for (std::uint64_t i = 0; i < actors; ++i) all.push_back(system.spawn(player));
    measured.bytes_per_actor = (bytes_in_use() - before) / static_cast<double>(actors);
    return measured;
}

}  // namespace antiphon::bench

#else

namespace antiphon::bench {

Measured measure_caf(std::uint64_t, std::uint64_t) { return {}; }

}  // namespace antiphon::bench

#endif
