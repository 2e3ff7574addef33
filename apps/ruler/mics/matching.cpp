// First what all have in common, by vote; then speaker after speaker, the surest first.
#include "apps/ruler/mics/matching.hpp"

#include <algorithm>
#include <cmath>

namespace antiphon::ruler {
namespace {

constexpr double agree_frames = 24;       // half a millisecond: two microphones speak of the same lateness
constexpr double unlikely_frames = 9600;  // a speaker this late counts as much as one microphone less

class Matching {
  public:
    Matching(const std::vector<std::vector<media::Arrival>>& arrivals, const BySpeakerAndMic<Expected>& expected)
        : arrivals_(arrivals), expected_(expected), loudness_(loudness()) {
        for (const auto& of_mic : arrivals) taken_.emplace_back(of_mic.size());
        for (const auto& of_mic : expected) matches_.emplace_back(of_mic.size());
    }

    BySpeakerAndMic<std::optional<media::Arrival>> run() {
        common_ = common_delay();
        std::vector<bool> done(speakers());
        for (std::size_t round = 0; round < speakers(); ++round) {
            const auto best = surest(done);
            if (best.value <= 0) break;
            done[best.speaker] = true;
            take(best);
        }
        return std::move(matches_);
    }

  private:
    struct Claim {
        std::size_t speaker = 0;
        double lateness = 0;
        double value = 0;
    };

    std::size_t speakers() const { return expected_.empty() ? 0 : expected_.front().size(); }

    // Gain per expected gain, roughly: the sums are near enough even when some are missing.
    std::vector<double> loudness() const {
        std::vector<double> ratios;
        for (std::size_t m = 0; m < arrivals_.size(); ++m) {
            double heard = 0, wanted = 0;
            for (const auto& arrival : arrivals_[m]) heard += std::max(arrival.gain, 0.0);
            for (const auto& one : expected_[m]) wanted += one.gain;
            ratios.push_back(wanted > 0 ? heard / wanted : 0);
        }
        return ratios;
    }

    double lag(std::size_t m, std::size_t speaker, std::size_t k) const {
        return arrivals_[m][k].delay_frames - expected_[m][speaker].delay_frames;
    }
    bool plausible(std::size_t m, std::size_t speaker, std::size_t k) const {
        return arrivals_[m][k].gain >= faintest * loudness_[m] * expected_[m][speaker].gain && arrivals_[m][k].gain > 0;
    }

    // The free copy at microphone m nearest to `lag_frames`, and how well it fits: 1 exactly, 0 not at all.
    std::pair<std::size_t, double> fitting(std::size_t m, std::size_t speaker, double lag_frames) const {
        std::pair<std::size_t, double> best{0, 0};
        for (std::size_t k = 0; k < arrivals_[m].size(); ++k) {
            if (taken_[m][k] || !plausible(m, speaker, k)) continue;
            const double fit = 1 - std::abs(lag(m, speaker, k) - lag_frames) / agree_frames;
            if (fit > best.second) best = {k, fit};
        }
        return best;
    }
    double support(std::size_t speaker, double lag_frames) const {
        double sum = 0;
        for (std::size_t m = 0; m < arrivals_.size(); ++m) sum += fitting(m, speaker, lag_frames).second;
        return sum;
    }

    // Calls `use(speaker, lag)` for each free copy as if it were this speaker's.
    template <class Use>
    void each_guess(std::size_t speaker, const Use& use) const {
        for (std::size_t m = 0; m < arrivals_.size(); ++m)
            for (std::size_t k = 0; k < arrivals_[m].size(); ++k)
                if (!taken_[m][k] && plausible(m, speaker, k)) use(lag(m, speaker, k));
    }

    double common_delay() const {
        double best = 0, most = -1;
        for (std::size_t s = 0; s < speakers(); ++s)
            each_guess(s, [&](double guess) {
                double votes = 0;
                for (std::size_t other = 0; other < speakers(); ++other) votes += support(other, guess);
                if (votes > most) most = votes, best = guess;
            });
        return best;
    }

    Claim surest(const std::vector<bool>& done) const {
        Claim best;
        for (std::size_t s = 0; s < speakers(); ++s) {
            if (done[s]) continue;
            each_guess(s, [&](double guess) {
                const double value = support(s, guess) - std::abs(guess - common_) / unlikely_frames;
                if (value > best.value) best = {s, guess, value};
            });
        }
        return best;
    }

    void take(const Claim& claim) {
        for (std::size_t m = 0; m < arrivals_.size(); ++m) {
            const auto [k, fit] = fitting(m, claim.speaker, claim.lateness);
            if (fit <= 0) continue;
            taken_[m][k] = true;
            matches_[m][claim.speaker] = arrivals_[m][k];
        }
    }

    const std::vector<std::vector<media::Arrival>>& arrivals_;
    const BySpeakerAndMic<Expected>& expected_;
    const std::vector<double> loudness_;  // [microphone]
    std::vector<std::vector<bool>> taken_;
    BySpeakerAndMic<std::optional<media::Arrival>> matches_;
    double common_ = 0;
};

}  // namespace

BySpeakerAndMic<std::optional<media::Arrival>> match_speakers(const std::vector<std::vector<media::Arrival>>& arrivals,
                                                              const BySpeakerAndMic<Expected>& expected) {
    return Matching(arrivals, expected).run();
}

}  // namespace antiphon::ruler
