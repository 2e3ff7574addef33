// What a headset's sound costs if it is only encoded: processor seconds for a second of it.
//
//     bluetooth_floor CODEC SECONDS
#include <cmath>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <vector>

#include "media/codecs/a2dp_codecs.hpp"

namespace {

constexpr std::size_t write_mtu = 895;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

int run(const std::string& name, int seconds) {
    using namespace antiphon;
    const auto codecs = media::a2dp_codecs_named({name});
    if (!codecs) return std::cerr << codecs.error().what << "\n", 2;
    const auto& codec = *codecs->front();
    const auto configuration = codec.choose(codec.capabilities());
    const auto format = codec.read(*configuration);
    auto encoder = codec.open(*configuration, write_mtu);
    std::vector<float> sound(static_cast<std::size_t>((*encoder)->packet_frames() * format->channels));
    for (std::size_t i = 0; i < sound.size(); ++i) sound[i] = 0.3F * std::sin(0.07F * static_cast<float>(i));
    const auto begun = cpu_seconds();
    std::size_t bytes = 0;
    for (core::FrameCount frame = 0; frame < core::FrameCount{seconds} * format->rate;
         frame += (*encoder)->packet_frames())
        bytes += (*encoder)->encode(sound, frame).size();
    std::cout << (cpu_seconds() - begun) / seconds << " " << bytes << "\n";
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 3 || std::atoi(argv[2]) <= 0) return std::cerr << "usage: bluetooth_floor CODEC SECONDS\n", 2;
    return run(argv[1], std::atoi(argv[2]));
}
