// Lines, bands, ticks.
#include "apps/cli/sync_plot.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "apps/export/svg_text.hpp"

namespace antiphon::cli {
namespace {

using exporting::escaped;
using exporting::formatted;

constexpr double width = 960, height = 480, left = 80, right = 220, top = 50, bottom = 50;
// Told apart by eyes that do not see red or green (Okabe, Ito).
constexpr std::array colours{"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#8a8a00"};

using Outputs = std::map<std::string, std::vector<SyncPoint>>;

// 1, 2 or 5 times a power of ten: some five of them fill the range.
double tick_of(double range) {
    const double rough = range / 5;
    const double power = std::pow(10, std::floor(std::log10(rough)));
    for (const double step : {1.0, 2.0, 5.0})
        if (rough <= step * power) return step * power;
    return 10 * power;
}

struct Scale {
    double from = 0, to = 1;        // of the data
    double at_from = 0, at_to = 1;  // of the picture

    double operator()(double value) const { return at_from + (value - from) / (to - from) * (at_to - at_from); }
};

struct Unit {
    const char* name;
    double ns;
};

Unit unit_for(double ns) {
    if (ns < 1e6) return {"µs", 1e3};
    return ns < 1e9 ? Unit{"ms", 1e6} : Unit{"s", 1e9};
}

class Plot {
  public:
    explicit Plot(const Outputs& outputs) : outputs_(outputs) {
        double last_s = 1, most_ns = 1000;
        for (const auto& [name, points] : outputs)
            for (const auto& point : points) {
                last_s = std::max(last_s, point.at_s);
                most_ns = std::max(most_ns,
                                   std::abs(static_cast<double>(point.error_ns)) + static_cast<double>(point.bound_ns));
            }
        unit_ = unit_for(most_ns);
        x_ = {0, last_s, left, width - right};
        y_ = {-1.1 * most_ns / unit_.ns, 1.1 * most_ns / unit_.ns, height - bottom, top};
    }

    std::string text(const std::string& title) {
        svg_ = formatted(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" font-family=\"sans-serif\" "
            "font-size=\"13\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
            width, height);
        svg_ += formatted("<text x=\"%.0f\" y=\"28\" font-size=\"17\">", left) + escaped(title) + "</text>\n";
        axes();
        std::size_t index = 0;
        for (const auto& [name, points] : outputs_) {
            band(points, colour(index));
            ++index;
        }
        index = 0;
        for (const auto& [name, points] : outputs_) {
            line(points, colour(index));
            legend(name, index);
            ++index;
        }
        return svg_ + "</svg>\n";
    }

  private:
    static const char* colour(std::size_t index) { return colours[index % colours.size()]; }

    void rule(double x1, double y1, double x2, double y2, const char* stroke) {
        svg_ += formatted("<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke=\"%s\"/>\n", x1, y1, x2, y2,
                          stroke);
    }
    void label(double x, double y, const char* anchor, const std::string& text) {
        svg_ +=
            formatted("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor) + escaped(text) + "</text>\n";
    }

    void axes() {
        const double dy = tick_of(y_.to - y_.from);
        for (double value = std::ceil(y_.from / dy) * dy; value <= y_.to; value += dy) {
            rule(left, y_(value), width - right, y_(value), std::abs(value) < dy / 2 ? "#888" : "#ddd");
            label(left - 8, y_(value) + 4, "end", formatted("%g", std::abs(value) < dy / 2 ? 0.0 : value));
        }
        const double dx = tick_of(x_.to - x_.from);
        for (double value = 0; value <= x_.to; value += dx) {
            rule(x_(value), height - bottom, x_(value), height - bottom + 5, "#888");
            label(x_(value), height - bottom + 20, "middle", formatted("%g", value));
        }
        label((left + width - right) / 2, height - 10, "middle", "seconds");
        label(left - 8, top - 8, "end", std::string("late, ") + unit_.name);
    }

    double height_of(double ns) const { return y_(ns / unit_.ns); }

    void band(const std::vector<SyncPoint>& points, const char* fill) {
        if (points.size() < 2) return;
        svg_ += formatted("<polygon fill=\"%s\" fill-opacity=\"0.12\" points=\"", fill);
        for (const auto& point : points)
            svg_ += formatted("%.1f,%.1f ", x_(point.at_s),
                              height_of(static_cast<double>(point.error_ns + point.bound_ns)));
        for (auto point = points.rbegin(); point != points.rend(); ++point)
            svg_ += formatted("%.1f,%.1f ", x_(point->at_s),
                              height_of(static_cast<double>(point->error_ns - point->bound_ns)));
        svg_ += "\"/>\n";
    }

    void line(const std::vector<SyncPoint>& points, const char* stroke) {
        svg_ += formatted("<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.6\" points=\"", stroke);
        for (const auto& point : points)
            svg_ += formatted("%.1f,%.1f ", x_(point.at_s), height_of(static_cast<double>(point.error_ns)));
        svg_ += "\"/>\n";
    }

    void legend(const std::string& name, std::size_t index) {
        const double y = top + 20 * static_cast<double>(index);
        if (y > height - bottom) return;  // there is no room for more
        svg_ += formatted("<rect x=\"%.1f\" y=\"%.1f\" width=\"14\" height=\"10\" fill=\"%s\"/>\n", width - right + 16,
                          y, colour(index));
        label(width - right + 38, y + 10, "start", name);
    }

    const Outputs& outputs_;
    Unit unit_{"µs", 1e3};
    Scale x_, y_;
    std::string svg_;
};

}  // namespace

std::string sync_plot(const Outputs& outputs, const std::string& title) { return Plot(outputs).text(title); }

}  // namespace antiphon::cli
