// The options of recording on sound, for the verbs that begin recordings.
#pragma once

#include <optional>
#include <string>

#include "apps/api/recordings.hpp"
#include "apps/cli/command.hpp"
#include "core/result.hpp"

namespace antiphon::cli {

struct OnSoundArguments {
    std::optional<std::string> level, pre_roll, hold;
};

// --on-sound, --pre-roll and --hold.
void add_on_sound(Command& verb, OnSoundArguments& arguments);
// Nothing: all is recorded. `invalid` names the option.
core::Result<std::optional<api::OnSoundBody>> on_sound_of(const OnSoundArguments& arguments);

}  // namespace antiphon::cli
