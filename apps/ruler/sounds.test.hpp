// What the tests of the ruler listen to: sounds given as functions of true time, so that any fraction of a lag is
// exact.
#pragma once

#include <cmath>
#include <complex>
#include <cstdint>
#include <numbers>
#include <random>
#include <vector>

namespace antiphon::ruler {

// Something like music: sines at many unrelated frequencies, from 60 Hz to 12 kHz, that come and go.
class Programme {
  public:
    explicit Programme(std::uint32_t seed) {
        std::mt19937 random(seed);
        std::uniform_real_distribution<double> unit(0, 1);
        for (int i = 0; i < 80; ++i) {
            const double frequency_hz = 60 * std::pow(200, unit(random));
            tones_.push_back({2 * std::numbers::pi * frequency_hz, 2 * std::numbers::pi * unit(random),
                              2 * std::numbers::pi * 3 * unit(random), 0.02 / std::sqrt(frequency_hz / 500)});
        }
    }

    // Samples at (first + k) / rate - late_s.
    std::vector<float> samples(double first, std::size_t count, double rate_hz, double late_s) const {
        std::vector<double> sum(count);
        for (const auto& tone : tones_) {
            const double start_s = first / rate_hz - late_s;
            // The product of two sines, as the two cosines that it is: each then is one turning pointer.
            add(sum, tone.frequency - tone.swell, tone.phase, start_s, rate_hz, tone.strength / 2);
            add(sum, tone.frequency + tone.swell, tone.phase, start_s, rate_hz, -tone.strength / 2);
        }
        return {sum.begin(), sum.end()};
    }

  private:
    static void add(std::vector<double>& sum, double frequency, double phase, double start_s, double rate_hz,
                    double strength) {
        auto pointer = std::polar(strength, frequency * start_s + phase);
        const auto turn = std::polar(1.0, frequency / rate_hz);
        for (double& value : sum) {
            value += pointer.real();
            pointer = {pointer.real() * turn.real() - pointer.imag() * turn.imag(),
                       pointer.real() * turn.imag() + pointer.imag() * turn.real()};
        }
    }

    struct Tone {
        double frequency;  // rad/s
        double phase;
        double swell;  // rad/s
        double strength;
    };
    std::vector<Tone> tones_;
};

}  // namespace antiphon::ruler
