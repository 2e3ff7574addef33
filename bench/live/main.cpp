// live_bench: what a live stream costs its sender for each who listens, beside the bare system call; and what it costs
// a receiver, from the datagram to the resampled frames. Processor time of one thread, FLAC, 48 kHz stereo.
#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

#include "adapters/net/stamped_socket.hpp"
#include "adapters/system/random.hpp"
#include "apps/live/stream.hpp"
#include "media/live/live_listener.hpp"
#include "media/playout.hpp"

namespace antiphon::bench {
namespace {

using boost::asio::ip::udp;
using Bytes = std::vector<std::byte>;

constexpr int sockets = 400;  // that listen; each stands for several listeners

double cpu_seconds() {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

std::vector<float> music(core::FrameCount first, int frames) {
    std::vector<float> samples;
    for (core::FrameCount i = first; i < first + frames; ++i) {
        const auto t = static_cast<double>(i) / 48000;
        const double tone = 0.3 * std::sin(2 * M_PI * 440 * t) + 0.1 * std::sin(2 * M_PI * 3520 * t) * std::sin(9 * t);
        samples.push_back(static_cast<float>(tone + 1e-3 * std::sin(1e5 * t)));
        samples.push_back(static_cast<float>(0.8 * tone));
    }
    return samples;
}

live::Stream stream_of(int packet_frames) {
    live::Stream stream{.identity = {.ssrc = 1, .repair_ssrc = 2},
                        .key = *srtp::Key::from_hex(system::random_hex(srtp::Key::bytes)),
                        .start = {{1}, 0}};
    stream.identity.packet_frames = packet_frames;
    return stream;
}

struct Senders {
    boost::asio::io_context io;
    net::StampedSocket socket{io, net::StampedSocket::audio_bytes};
    std::vector<std::unique_ptr<net::StampedSocket>> ears;
    std::vector<udp::endpoint> to;

    explicit Senders(std::size_t listeners) {
        const udp::endpoint loopback{boost::asio::ip::make_address("127.0.0.1"), 0};
        bool open = socket.open(loopback).ok();
        for (int i = 0; i < sockets && open; ++i) {
            ears.push_back(std::make_unique<net::StampedSocket>(io, net::StampedSocket::clock_bytes));
            open = ears.back()->open(loopback).ok();
        }
        if (!open) std::exit((std::fputs("live_bench: no sockets; raise the limit of open files\n", stderr), 1));
        for (std::size_t i = 0; i < listeners; ++i) to.push_back(ears[i % sockets]->local_endpoint());
    }
};

struct Cost {
    double whole_us = 0;  // of a packet to all
    double bare_us = 0;   // of the system call alone
    std::size_t bytes = 0;
};

Cost cost_of_sending(int packet_frames, std::size_t listeners, int packets) {
    Senders senders(listeners);
    const auto stream = stream_of(packet_frames);
    auto encoder = *live::make_encoder(stream);
    auto sealer = *srtp::Sealer::open(stream.key);
    media::LiveSender sender(stream.identity, *encoder);
    Bytes datagram(net::StampedSocket::audio_bytes);
    Cost cost;
    const auto frames = music(0, packet_frames);
    double begin = cpu_seconds();
    for (int i = 0; i < packets; ++i) {
        sender.load(frames);
        const auto packet = sender.next(listeners, i, {i});
        std::copy(packet.begin(), packet.end(), datagram.begin());
        cost.bytes = sealer.seal_rtp(datagram, packet.size(), stream.identity.index(i));
        senders.socket.send_to_all(std::span(datagram).first(cost.bytes), senders.to);
    }
    cost.whole_us = (cpu_seconds() - begin) / packets * 1e6;
    begin = cpu_seconds();
    for (int i = 0; i < packets; ++i) senders.socket.send_to_all(std::span(datagram).first(cost.bytes), senders.to);
    cost.bare_us = (cpu_seconds() - begin) / packets * 1e6;
    return cost;
}

// Share of a core, in percent, of one second's frames: opened, decoded, repaired where 1 of 50 is lost, and played.
double cost_of_listening(int seconds) {
    const auto stream = stream_of(240);
    auto encoder = *live::make_encoder(stream);
    auto decoder = *live::make_decoder(stream);
    auto sealer = *srtp::Sealer::open(stream.key);
    auto opener = *srtp::Opener::open(stream.key);
    media::LiveSender sender(stream.identity, *encoder);
    media::LiveReceiver receiver(*decoder, {.first_frame = live::first_frame(stream)}, {});
    media::LiveListener listener(stream.identity, receiver, 3);
    media::PcmWindow window(2, 1 << 14);
    media::Playout playout(window);
    const media::Departures departures{0, {5'000'000}, 5e6};
    receiver.begin(0, departures);
    receiver.add(window, 1);
    playout.set_timeline({.playing = true, .epoch = 1, .incarnation = {1}, .start_ns = 150'000'000});
    playout.set_clock({.incarnation = {1}});
    std::vector<Bytes> sent;
    for (int i = 0; i < 200 * seconds; ++i) {
        Bytes datagram(net::StampedSocket::audio_bytes);
        sender.load(music(i * 240, 240));
        const auto packet = sender.next(1, i, {i});
        std::copy(packet.begin(), packet.end(), datagram.begin());
        datagram.resize(sealer.seal_rtp(datagram, packet.size(), stream.identity.index(i)));
        sent.push_back(std::move(datagram));
    }
    std::vector<float> block(480);
    Bytes question(512);
    const double begin = cpu_seconds();
    for (std::size_t i = 0; i < sent.size(); ++i) {
        const core::LocalTime now{static_cast<std::int64_t>(i + 1) * 5'000'000 + 1'000'000};
        std::span<std::byte> datagram(sent[i]);
        const auto index = stream.identity.index(static_cast<std::int64_t>(i));
        if (i % 50 != 7 && opener.open_rtp(datagram, index) == srtp::Opened::good)
            listener.take(datagram, now, departures);
        receiver.advance(now);
        listener.ask(now, question);
        const auto frame = static_cast<core::FrameCount>(i) * 240;
        playout.render({now, frame, frame + 480, 2, block});
    }
    const double used = cpu_seconds() - begin;
    if (playout.status().frames_played == 0) std::exit((std::fputs("live_bench: nothing was played\n", stderr), 1));
    return 100 * used / seconds;
}

int measure(int packets, int runs, int seconds) {
    double load[1] = {};
    (void)getloadavg(load, 1);
    std::printf("FLAC, 48 kHz stereo, SRTP, loopback; medians of %d runs, load %.1f\n\n", runs, load[0]);
    std::printf("%-22s %10s %14s %14s %10s %22s\n", "packets of", "bytes", "us a listener", "bare call, us", "ratio",
                "listeners on one core");
    for (const int frames : {240, 480}) {
        constexpr std::size_t listeners = 1000;
        std::vector<double> whole, bare;
        std::size_t bytes = 0;
        for (int run = 0; run < runs; ++run) {
            const auto cost = cost_of_sending(frames, listeners, packets);
            whole.push_back(cost.whole_us);
            bare.push_back(cost.bare_us);
            bytes = cost.bytes;
        }
        const double period_us = frames * 1e6 / 48000;
        std::printf("%-22s %10zu %14.2f %14.2f %9.2fx %22.0f\n", frames == 240 ? "5 ms" : "10 ms", bytes,
                    median(whole) / listeners, median(bare) / listeners, median(whole) / median(bare),
                    listeners * period_us / median(whole));
    }
    std::vector<double> listening;
    for (int run = 0; run < runs; ++run) listening.push_back(cost_of_listening(seconds));
    std::printf("\n%-40s %10.2f %% of a core\n", "a listener, from datagram to frames", median(listening));
    return 0;
}

}  // namespace
}  // namespace antiphon::bench

int main(int argc, char** argv) {
    const bool smoke = argc == 2 && std::strcmp(argv[1], "--smoke") == 0;
    if (argc > 1 && !smoke) {
        std::fputs("usage: live_bench [--smoke]\n", stderr);
        return 2;
    }
    return smoke ? antiphon::bench::measure(5, 1, 1) : antiphon::bench::measure(200, 5, 30);
}
