// What one scrape is answered: families of samples, in Prometheus' text exposition format 0.0.4.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/units.hpp"

namespace antiphon::metrics {

inline constexpr std::string_view content_type = "text/plain; version=0.0.4; charset=utf-8";

struct Label {
    std::string name;   // [a-z_]+, our own
    std::string value;  // of a small set that is known beforehand: each is a series for ever at who scrapes us
};
using Labels = std::vector<Label>;

struct Sample {
    double value = 0;
    Labels labels = {};
};
using Samples = std::vector<Sample>;

// How long things took: counts by upper bound, from a millisecond to ten seconds. Not thread-safe.
class Durations {
  public:
    Durations();
    ~Durations();
    Durations(Durations&&) noexcept;
    Durations& operator=(Durations&&) noexcept;

    void observe(core::Duration took);

  private:
    friend class Page;
    struct Buckets;
    std::unique_ptr<Buckets> buckets_;
};

// Not thread-safe. Each family is added once; its name and help are our own words. A family holds at most
// `samples_max` samples: the later ones are left out, and counted on the page itself.
class Page {
  public:
    static constexpr std::size_t samples_max_default = 2000;

    explicit Page(std::size_t samples_max = samples_max_default);
    ~Page();
    Page(const Page&) = delete;
    Page& operator=(const Page&) = delete;

    // Only grows in the life of the process; the name ends in _total.
    void counter(const std::string& name, const std::string& help, const Samples& samples);
    void counter(const std::string& name, const std::string& help, std::uint64_t value);
    // Goes up and down; the name ends in its unit, when it has one.
    void gauge(const std::string& name, const std::string& help, const Samples& samples);
    void gauge(const std::string& name, const std::string& help, double value);
    struct Timed {
        const Durations* durations;
        Labels labels;
    };
    // The name ends in _seconds.
    void histogram(const std::string& name, const std::string& help, const std::vector<Timed>& timed);

    // Everything so far, and antiphon_metrics_samples_dropped.
    std::string text();

  private:
    struct Families;

    std::size_t admitted(std::size_t samples);

    const std::size_t samples_max_;
    std::size_t dropped_ = 0;
    std::unique_ptr<Families> families_;
};

}  // namespace antiphon::metrics
