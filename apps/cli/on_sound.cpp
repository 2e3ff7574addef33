// The server knows the bounds and what is usual.
#include "apps/cli/on_sound.hpp"

#include <tuple>

#include "apps/cli/parse.hpp"

namespace antiphon::cli {

void add_on_sound(Command& verb, OnSoundArguments& arguments) {
    verb.option({"--on-sound", "LEVEL", "only what is louder, against full scale: -40dB"}, arguments.level)
        .option({"--pre-roll", "TIME", "with what was just before it (default: 2s, at most 10s)"}, arguments.pre_roll)
        .option({"--hold", "TIME", "and until it was quiet for so long (default: 5s)"}, arguments.hold);
}

core::Result<std::optional<api::OnSoundBody>> on_sound_of(const OnSoundArguments& arguments) {
    using Body = std::optional<api::OnSoundBody>;
    if (!arguments.level && (arguments.pre_roll || arguments.hold))
        return core::Error{core::ErrorCode::invalid,
                           "--pre-roll and --hold are of a recording on sound; give --on-sound LEVEL too"};
    if (!arguments.level) return Body();
    api::OnSoundBody body;
    const auto level = parse_decibels(*arguments.level);
    if (!level) return level.error().within("--on-sound");
    body.level_db = *level;
    for (const auto& [text, option, to] : {std::tuple(&arguments.pre_roll, "--pre-roll", &body.pre_roll_s),
                                           std::tuple(&arguments.hold, "--hold", &body.hold_s)}) {
        if (!*text) continue;
        const auto seconds = **text == "0s" ? core::Result<std::int64_t>(0) : parse_duration(**text);
        if (!seconds) return seconds.error().within(option);
        *to = static_cast<double>(*seconds);
    }
    return Body(body);
}

}  // namespace antiphon::cli
