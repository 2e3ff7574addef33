// prometheus-cpp keeps the buckets and writes the format; the values are counted where things happen.
#include "adapters/metrics/page.hpp"

#include <prometheus/histogram.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <sstream>

namespace antiphon::metrics {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

// Upper bounds in seconds, around what people notice and what a disk or a network takes.
const prometheus::Histogram::BucketBoundaries bounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                                     0.25,  0.5,    1,     2.5,  5,     10};

std::vector<ClientMetric::Label> converted(const Labels& labels) {
    std::vector<ClientMetric::Label> result;
    for (const auto& label : labels) result.push_back({label.name, label.value});
    return result;
}

}  // namespace

struct Durations::Buckets {
    prometheus::Histogram histogram{bounds};
};

Durations::Durations() : buckets_(std::make_unique<Buckets>()) {}
Durations::~Durations() = default;
Durations::Durations(Durations&&) noexcept = default;
Durations& Durations::operator=(Durations&&) noexcept = default;

void Durations::observe(core::Duration took) {
    buckets_->histogram.Observe(std::chrono::duration<double>(took).count());
}

struct Page::Families {
    std::vector<MetricFamily> all;

    MetricFamily& add(const std::string& name, const std::string& help, MetricType type) {
        return all.emplace_back(MetricFamily{name, help, type, {}});
    }
};

Page::Page(std::size_t samples_max) : samples_max_(samples_max), families_(std::make_unique<Families>()) {}
Page::~Page() = default;

std::size_t Page::admitted(std::size_t samples) {
    const auto kept = std::min(samples, samples_max_);
    dropped_ += samples - kept;
    return kept;
}

void Page::counter(const std::string& name, const std::string& help, const Samples& samples) {
    auto& family = families_->add(name, help, MetricType::Counter);
    for (std::size_t i = 0, kept = admitted(samples.size()); i < kept; ++i) {
        auto& metric = family.metric.emplace_back();
        metric.label = converted(samples[i].labels);
        metric.counter.value = samples[i].value;
    }
}

void Page::counter(const std::string& name, const std::string& help, std::uint64_t value) {
    counter(name, help, Samples{{static_cast<double>(value)}});
}

void Page::gauge(const std::string& name, const std::string& help, const Samples& samples) {
    auto& family = families_->add(name, help, MetricType::Gauge);
    for (std::size_t i = 0, kept = admitted(samples.size()); i < kept; ++i) {
        auto& metric = family.metric.emplace_back();
        metric.label = converted(samples[i].labels);
        metric.gauge.value = samples[i].value;
    }
}

void Page::gauge(const std::string& name, const std::string& help, double value) {
    gauge(name, help, Samples{{value}});
}

void Page::histogram(const std::string& name, const std::string& help, const std::vector<Timed>& timed) {
    auto& family = families_->add(name, help, MetricType::Histogram);
    for (std::size_t i = 0, kept = admitted(timed.size()); i < kept; ++i) {
        family.metric.push_back(timed[i].durations->buckets_->histogram.Collect());
        family.metric.back().label = converted(timed[i].labels);
    }
}

std::string Page::text() {
    gauge("antiphon_metrics_samples_dropped", "Samples left out of this page because their family has too many.",
          static_cast<double>(dropped_));
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families_->all);
    return std::move(out).str();
}

}  // namespace antiphon::metrics
