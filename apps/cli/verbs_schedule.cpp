// The verbs of schedules: recordings that begin by themselves.
#include <algorithm>
#include <boost/describe/enum_from_string.hpp>

#include "apps/cli/on_sound.hpp"
#include "apps/cli/parse.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

struct ScheduleArguments {
    std::vector<std::string> from;
    std::vector<std::string> every;
    std::optional<std::string> at, date, length, zone, title;
    OnSoundArguments on_sound;
    std::string id;
};

core::Result<std::vector<core::Weekday>> days_of(const std::vector<std::string>& texts) {
    using enum core::Weekday;
    std::vector<core::Weekday> days;
    if (texts.empty()) return days;
    const auto words = parse_list(texts, "--every");
    if (!words) return words.error();
    for (const auto& word : *words) {
        if (word == "day") return std::vector{mon, tue, wed, thu, fri, sat, sun};
        core::Weekday day{};
        if (!boost::describe::enum_from_string(word.c_str(), day))
            return core::Error{core::ErrorCode::invalid, "--every '" + word.substr(0, 40) +
                                                             "': write day, or some of mon, tue, wed, thu, fri, sat "
                                                             "and sun, with commas"};
        if (std::find(days.begin(), days.end(), day) == days.end()) days.push_back(day);
    }
    return days;
}

// Which zones, dates and times of day there are the coordinator knows.
core::Result<api::ScheduleBody> body_of(const ScheduleArguments& asked) {
    auto from = parse_list(asked.from, "--from");
    if (!from) return from.error();
    auto days = days_of(asked.every);
    if (!days) return days.error();
    if (days->empty() == !asked.date)
        return core::Error{core::ErrorCode::invalid, "give --on DATE for once, or --every DAY,... for each week"};
    const auto seconds = parse_duration(*asked.length);
    if (!seconds) return seconds.error().within("--for");
    auto on_sound = on_sound_of(asked.on_sound);
    if (!on_sound) return on_sound.error();
    return api::ScheduleBody{std::move(*from), *asked.at, asked.date,  std::move(*days),
                             asked.zone,       *seconds,  asked.title, *on_sound};
}

std::string schedule_sentence(const api::ScheduleView& view) {
    return printable("schedule " + view.id + ": " + enumerated(view.from) + ", " + when_text(view) +
                     (view.next ? "; the next time is " + wall_text(*view.next) + " here" : "")) +
           "\n";
}

int add(Call& call, const ApiClient& api, const ScheduleArguments& asked) {
    const auto body = body_of(asked);
    if (!body) return call.usage(body.error());
    return call.answer<api::ScheduleView>(api.post_once("/v1/schedules", json::encode(*body)), schedule_sentence);
}

int list(Call& call, const ApiClient& api, const ScheduleArguments&) {
    return call.answer<api::SchedulesView>(
        api.get("/v1/schedules"), [&](const api::SchedulesView& view) { return show(view.schedules, call.look()); });
}

int remove(Call& call, const ApiClient& api, const ScheduleArguments& asked) {
    return call.answer(api.send(http::Method::delete_, "/v1/schedules/" + http::percent_encoded(asked.id)),
                       "schedule " + asked.id + " is gone; what it has begun goes on");
}

}  // namespace

void add_schedule(Command root) {
    const auto asked = std::make_shared<ScheduleArguments>();
    const auto with = [asked](auto body) {
        return with_api([asked, body](Call& call, const ApiClient& api) { return body(call, api, *asked); });
    };
    auto group = root.verb({"schedule",
                            "Records at a time, or at one of each week.",
                            {"antiphon schedule add --from all --every fri,sat --at 20:00 --for 3h --title concert",
                             "antiphon schedule list", "antiphon schedule remove p4"},
                            "Recording"});
    auto adding =
        group.client_verb({"add",
                           "Makes a schedule; it begins its recordings by itself.",
                           {"antiphon schedule add --from hall/mic --on 2027-12-24 --at 18:00 --for 2h",
                            "antiphon schedule add --from all --every day --at 08:00 --for 10h --zone Europe/Berlin"}});
    adding.list({"--from", "INPUT,...", "what to record: worker/name, or all there are now", true}, asked->from)
        .option({"--at", "TIME", "the time of day when it begins: 20:00", true}, asked->at)
        .option({"--for", "TIME", "how long it lasts: 45m, 2h", true}, asked->length)
        .option({"--on", "DATE", "once, on that day: 2027-12-24"}, asked->date)
        .list({"--every", "day|mon|tue|wed|thu|fri|sat|sun", "or each week on these days; several with commas"},
              asked->every)
        .option({"--zone", "ZONE", "whose clocks show that: Europe/Berlin (default: the coordinator's own)"},
                asked->zone)
        .option({"--title", "TEXT", "of what it records, for people"}, asked->title);
    add_on_sound(adding, asked->on_sound);
    adding.runs(with(add));
    group.client_verb({"list", "Lists the schedules, and what came of them last.", {"antiphon schedule list"}})
        .runs(with(list));
    group.client_verb({"remove", "Removes a schedule.", {"antiphon schedule remove p4"}})
        .argument("ID", asked->id, "of the schedule, as `antiphon schedule list` shows it")
        .runs(with(remove));
}

}  // namespace antiphon::cli
