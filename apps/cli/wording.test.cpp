// Laws of the words: what people read is short, rounded, and never wider than it looks.
#include "apps/cli/wording.hpp"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <time.h>

#include "apps/cli/table.hpp"
#include "apps/cli/utf8.hpp"

namespace antiphon::cli {
namespace {

constexpr core::FrameCount second = core::cluster_rate;

TEST(Wording, DurationsAreClocks) {
    EXPECT_EQ(duration_text(0), "0:00");
    EXPECT_EQ(duration_text(-5), "0:00");
    EXPECT_EQ(duration_text(65 * second + 47'999), "1:05");
    EXPECT_EQ(duration_text(3599 * second), "59:59");
    EXPECT_EQ(duration_text(3723 * second), "1:02:03");
}

TEST(Wording, VolumesArePercentAndDecibels) {
    EXPECT_EQ(level_text(1), "100 % (0.0 dB)");
    EXPECT_EQ(level_text(0.5), "50 % (-6.0 dB)");
    EXPECT_EQ(level_text(0), "0 % (silent)");
    EXPECT_EQ(percent_text(0.804), "80 %");
}

TEST(Wording, ClockErrorsHaveTheUnitThatFits) {
    EXPECT_EQ(clock_error_text(800), "±0.8 µs");
    EXPECT_EQ(clock_error_text(12'400), "±12 µs");
    EXPECT_EQ(clock_error_text(1'520'000), "±1.5 ms");
    EXPECT_EQ(clock_error_text(2'000'000'000), "±2.0 s");
}

TEST(Wording, SizesCountInThousands) {
    EXPECT_EQ(size_text(999), "999 B");
    EXPECT_EQ(size_text(12'345'678), "12.3 MB");
    EXPECT_EQ(size_text(999'999), "1.0 MB");
    EXPECT_EQ(size_text(5'000'000'000'000'000), "5000.0 TB");
}

TEST(Wording, BarsFillWithTheirPart) {
    EXPECT_EQ(bar_text(0, 4), "────");
    EXPECT_EQ(bar_text(0.5, 4), "━━──");
    EXPECT_EQ(bar_text(7, 4), "━━━━");
    EXPECT_EQ(bar_text(0.0 / 1.0, 2), "──");
}

TEST(Wording, TimesAreThoseOfThisMachine) {
    ::setenv("TZ", "CET-1", 1);  // NOLINT(concurrency-mt-unsafe): one thread
    ::tzset();
    EXPECT_EQ(wall_text(core::WallTime{1'700'000'000'000'000'000}), "2023-11-14 23:13:20");
    ::unsetenv("TZ");  // NOLINT(concurrency-mt-unsafe): one thread
    ::tzset();
}

TEST(Wording, ListsReadAsSentences) {
    EXPECT_EQ(enumerated({}), "nothing");
    EXPECT_EQ(enumerated({"a"}), "a");
    EXPECT_EQ(enumerated({"a", "b", "c"}), "a, b and c");
    EXPECT_EQ(listed({"a", "b"}), "a, b");
    EXPECT_EQ(count_text(1, "output"), "1 output");
    EXPECT_EQ(count_text(0, "output"), "0 outputs");
    EXPECT_EQ(words_of("playing_and_recording"), "playing and recording");
}

TEST(Utf8, WidthIsWhatATerminalShows) {
    EXPECT_EQ(width_of("abc"), 3U);
    EXPECT_EQ(width_of("Müller"), 6U);
    EXPECT_EQ(width_of("e\xCC\x81"), 1U);  // e and a combining accent
    EXPECT_EQ(width_of("音楽"), 4U);
    EXPECT_EQ(width_of("\x1b[31m"), 5U);
    EXPECT_EQ(width_of("\xff\xfe"), 2U);
}

TEST(Utf8, NothingSteersTheTerminal) {
    EXPECT_EQ(printable("a\x1b[2Jb\n"), "a�[2Jb�");
    EXPECT_EQ(printable("Müller 音楽"), "Müller 音楽");
    EXPECT_EQ(printable("\xC0\x80"), "��");       // overlong
    EXPECT_EQ(printable("\xED\xA0\x80"), "���");  // a surrogate
    EXPECT_EQ(printable("\xE2\x80\xAE"), "�");    // right-to-left override
    EXPECT_EQ(printable("\xC2\x9B"), "�");        // CSI of C1
    EXPECT_EQ(printable("\xE9"), "�");
}

TEST(Utf8, ClippingKeepsTheWidth) {
    EXPECT_EQ(clipped("hello", 5), "hello");
    EXPECT_EQ(clipped("hello", 4), "hel…");
    EXPECT_EQ(clipped("音楽", 3), "音…");
    EXPECT_EQ(clipped("音楽", 2), "…");
    EXPECT_EQ(clipped("hello", 0), "");
}

TEST(Table, ColumnsAlignWhateverTheScript) {
    Table table({{"NAME"}, {"N", Column::Align::right}, {"WHAT"}});
    table.add({"Müller", "7", "a"});
    table.add({"音楽", "12", ""});
    EXPECT_EQ(table.text(Look()),
              "NAME     N  WHAT\n"
              "Müller   7  a\n"
              "音楽    12\n");
}

TEST(Table, ShrinksWhereItMay) {
    Table table({{"NAME"}, {"TITLE", Column::Align::left, true}});
    table.add({"hall", "a very long title"});
    EXPECT_EQ(table.text({.columns = 15}),
              "NAME  TITLE\n"
              "hall  a very l…\n");
    EXPECT_EQ(table.text({.columns = 3}),
              "NAME  TITLE\n"
              "hall  a ver…\n");
}

TEST(Table, ColoursDoNotCountAsWidth) {
    Table table({{"A"}, {"B"}});
    table.add({{"x", Colour::green}, "y"});
    EXPECT_EQ(table.text({.colours = true}),
              "\x1b[2mA\x1b[0m  \x1b[2mB\x1b[0m\n"
              "\x1b[32mx\x1b[0m  y\n");
}

TEST(Table, WithoutRowsItIsNothing) { EXPECT_EQ(Table({{"A"}, {"B"}}).text(Look()), ""); }

}  // namespace
}  // namespace antiphon::cli
