// The list of them; whoever adds one adds it here.
#include "media/codecs/a2dp_codecs.hpp"

#include <algorithm>
#include <array>

#include "media/codecs/a2dp_aptx.hpp"
#include "media/codecs/a2dp_ldac.hpp"
#include "media/codecs/a2dp_sbc.hpp"

namespace antiphon::media {
namespace {

constexpr std::array all{&a2dp_sbc, &a2dp_sbc_xq, &a2dp_aptx, &a2dp_ldac};

std::string names_of_all() {
    std::string names;
    for (const auto* codec : all) names += (names.empty() ? "" : ", ") + std::string(codec->name);
    return names;
}

}  // namespace

std::span<const A2dpCodec* const> a2dp_codecs() { return all; }

std::vector<const A2dpCodec*> usual_a2dp_codecs() { return {&a2dp_aptx, &a2dp_sbc}; }

core::Result<std::vector<const A2dpCodec*>> a2dp_codecs_named(const std::vector<std::string>& names) {
    if (names.empty()) return usual_a2dp_codecs();
    std::vector<const A2dpCodec*> codecs;
    for (const auto& name : names) {
        const auto at = std::ranges::find(all, name, &A2dpCodec::name);
        if (at == all.end())
            return core::Error{core::ErrorCode::invalid, "'" + name + "' is no codec; there are " + names_of_all()};
        if (std::ranges::find(codecs, *at) != codecs.end())
            return core::Error{core::ErrorCode::invalid, "the codec '" + name + "' is named twice"};
        codecs.push_back(*at);
    }
    return codecs;
}

}  // namespace antiphon::media
