// Schedules and marks as people see them.
#include <boost/describe/enum_to_string.hpp>

#include "apps/cli/show.hpp"
#include "apps/cli/table.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

using Align = Column::Align;

constexpr std::size_t days_a_week = 7;

std::string days_text(const std::vector<core::Weekday>& days) {
    if (days.size() == days_a_week) return "day";
    std::vector<std::string> names;
    for (const auto day : days) names.emplace_back(boost::describe::enum_to_string(day, "?"));
    return listed(names);
}

Cell next_cell(const api::ScheduleView& schedule) {
    if (schedule.next) return wall_text(*schedule.next);
    return schedule.over ? Cell{"over", Colour::dim} : Cell("");
}

Cell last_cell(const api::ScheduleView& schedule) {
    if (!schedule.last) return {""};
    const auto& last = *schedule.last;
    if (last.recording) return {*last.recording, last.problem.empty() ? Colour::green : Colour::yellow};
    return {schedule.next == last.time ? "waits" : "missed", Colour::red};
}

std::string problems(const std::vector<api::ScheduleView>& schedules, const Look& look) {
    std::string text;
    for (const auto& schedule : schedules)
        if (schedule.last && !schedule.last->problem.empty())
            text += look.paint(Colour::yellow, printable(schedule.id + " at " + wall_text(schedule.last->time) + ": " +
                                                         schedule.last->problem)) +
                    "\n";
    return text;
}

}  // namespace

std::string when_text(const api::ScheduleView& schedule) {
    const auto day = schedule.date ? "on " + *schedule.date : "every " + days_text(schedule.days);
    return day + " at " + schedule.at + " " + schedule.zone;
}

std::string show(const std::vector<api::ScheduleView>& schedules, const Look& look) {
    if (schedules.empty())
        return "There are no schedules; `antiphon schedule add --from INPUT,... --every day --at 20:00 --for 2h` makes "
               "one.\n";
    Table table({{"SCHEDULE"},
                 {"WHEN"},
                 {"FOR", Align::right},
                 {"NEXT, HERE"},
                 {"LAST"},
                 {"TITLE", Align::left, true},
                 {"INPUTS", Align::left, true}});
    for (const auto& schedule : schedules)
        table.add({{schedule.id, Colour::bold},
                   when_text(schedule),
                   duration_text(schedule.for_s * core::cluster_rate),
                   next_cell(schedule),
                   last_cell(schedule),
                   schedule.title,
                   listed(schedule.from)});
    return table.text(look) + problems(schedules, look);
}

std::string show(const std::vector<api::MarkView>& marks, const Look& look) {
    if (marks.empty()) return "It has no marks; `antiphon record mark ID TEXT` makes one.\n";
    Table table({{"MARK"}, {"TIME"}, {"BY"}, {"TEXT", Align::left, true}});
    for (const auto& mark : marks) table.add({{mark.id, Colour::bold}, wall_text(mark.time), mark.asked_by, mark.text});
    return table.text(look);
}

}  // namespace antiphon::cli
