// One polygon for the extremes, one for the power.
#include "apps/export/waveform_picture.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "apps/export/svg_text.hpp"

namespace antiphon::exporting {
namespace {

constexpr double width = 1200, height = 220, left = 20, right = 20, top = 40, bottom = 30;
constexpr double middle = (top + height - bottom) / 2, reach = (height - bottom - top) / 2;

// Some ten of them fill the picture: 1 s to 6 h.
double tick_s(double length_s) {
    for (const double step : {1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 7200.0})
        if (length_s / step <= 12) return step;
    return 21600;
}

std::string time_text(double seconds) {
    const auto whole = static_cast<long>(std::lround(seconds));
    if (whole >= 3600) return formatted("%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    return formatted("%ld:%02ld", whole / 60, whole % 60);
}

}  // namespace

std::string waveform_picture(const media::Waveform& waveform, const std::vector<media::SegmentGap>& gaps,
                             const std::string& title) {
    const double length_s = std::max(1e-3, static_cast<double>(waveform.frames()) / core::cluster_rate);
    const auto x = [&](double seconds) { return left + seconds / length_s * (width - left - right); };
    const double column_s = static_cast<double>(waveform.frames_per_column()) / core::cluster_rate;
    std::string svg = formatted(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %.0f %.0f\" "
        "font-family=\"sans-serif\" font-size=\"13\">\n",
        width, height);
    svg +=
        "<defs><pattern id=\"gap\" width=\"8\" height=\"8\" patternUnits=\"userSpaceOnUse\" "
        "patternTransform=\"rotate(45)\"><rect width=\"3\" height=\"8\" fill=\"#d55e00\"/></pattern></defs>\n"
        "<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n";
    svg += formatted("<text x=\"%.0f\" y=\"25\" font-size=\"16\">", left) + escaped(title) + "</text>\n";
    for (const auto& gap : gaps) {
        const double from = x(static_cast<double>(gap.first) / core::cluster_rate);
        const double to = x(static_cast<double>(gap.first + gap.count) / core::cluster_rate);
        svg += formatted("<rect x=\"%.1f\" y=\"%.0f\" width=\"%.1f\" height=\"%.0f\" fill=\"url(#gap)\"><title>", from,
                         top, std::max(1.0, to - from), height - bottom - top) +
               escaped(gap.reason) + "</title></rect>\n";
    }
    std::string above, below, power_above, power_below;
    for (std::size_t i = 0; i < waveform.columns().size(); ++i) {
        const auto& column = waveform.columns()[i];
        const double at = x((static_cast<double>(i) + 0.5) * column_s);
        const double mean = column.sound > 0 ? std::sqrt(column.squares / static_cast<double>(column.sound)) : 0;
        above += formatted("%.1f,%.1f ", at, middle - reach * static_cast<double>(column.high));
        below = formatted("%.1f,%.1f ", at, middle - reach * static_cast<double>(column.low)) + below;
        power_above += formatted("%.1f,%.1f ", at, middle - reach * mean);
        power_below = formatted("%.1f,%.1f ", at, middle + reach * mean) + power_below;
    }
    svg += "<polygon fill=\"#56b4e9\" points=\"" + above + below + "\"/>\n";
    svg += "<polygon fill=\"#0072b2\" points=\"" + power_above + power_below + "\"/>\n";
    for (double s = 0; s <= length_s; s += tick_s(length_s))
        svg += formatted("<line x1=\"%.1f\" y1=\"%.0f\" x2=\"%.1f\" y2=\"%.0f\" stroke=\"#888\"/>", x(s),
                         height - bottom, x(s), height - bottom + 5) +
               formatted("<text x=\"%.1f\" y=\"%.0f\" text-anchor=\"middle\">", x(s), height - bottom + 20) +
               time_text(s) + "</text>\n";
    return svg + "</svg>\n";
}

}  // namespace antiphon::exporting
