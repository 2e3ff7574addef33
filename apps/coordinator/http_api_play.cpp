// Playing: programmes as blobs, sessions, volumes, zones.
#include <boost/describe/enum_from_string.hpp>
#include <cmath>

#include "adapters/files/audio_file_reader.hpp"
#include "adapters/http/conditional.hpp"
#include "apps/coordinator/does.hpp"
#include "apps/coordinator/http_api.hpp"
#include "apps/coordinator/views.hpp"
#include "apps/live/source.hpp"

namespace antiphon::coordinator {
namespace {

using http::Method;
using http::Permission;

constexpr std::uint64_t blob_bytes_max = 8ull << 30;
constexpr core::FrameCount tail_frames = core::cluster_rate / 2;

class BlobUpload final : public http::UploadSink {
  public:
    explicit BlobUpload(files::BlobFolder& blobs) : blobs_(blobs) {}

    core::Result<void> begin(const http::Request&, std::optional<std::uint64_t> content_length_bytes) override {
        auto writer = blobs_.create(content_length_bytes.value_or(0));
        if (!writer) return writer.error();
        writer_ = std::move(*writer);
        return {};
    }
    core::Result<void> chunk(std::span<const std::byte> piece) override { return writer_->append(piece); }
    void finish(http::Responder responder) override {
        const auto info = writer_->finish(std::nullopt);
        if (!info) return responder.fail(info.error());
        responder.answer(http::Response::json(json::encode(api::BlobView{info->hash.value, info->size_bytes}), 201));
    }
    void aborted() noexcept override { writer_.reset(); }

  private:
    files::BlobFolder& blobs_;
    std::unique_ptr<ports::BlobWriter> writer_;
};

core::Error truncated(files::AudioFileReader& reader, core::FrameCount declared, const core::Error& why) {
    const auto readable = reader.readable_frames();
    if (!readable) return why;
    const auto seconds = [](core::FrameCount frames) {
        char text[32];
        std::snprintf(text, sizeof text, "%.1f s", static_cast<double>(frames) / core::cluster_rate);
        return std::string(text);
    };
    return {core::ErrorCode::corrupt, "is truncated or damaged: of " + seconds(declared) + ", " + seconds(*readable) +
                                          " can be read; copy it again"};
}

// Opens the file and reads its end, so that a truncated one is refused now and not in the middle of the evening.
core::Result<core::FrameCount> playable_frames(const std::filesystem::path& path) {
    auto reader = files::AudioFileReader::open(path);
    if (!reader) return reader.error();
    const auto declared = (*reader)->total_frames();
    if (!declared) return (*reader)->readable_frames();
    if (*declared <= 0) return core::Error{core::ErrorCode::invalid, path.string() + " holds no audio"};
    const auto sought = (*reader)->seek(std::max<core::FrameCount>(0, *declared - tail_frames));
    if (!sought) return truncated(**reader, *declared, sought.error()).within(path.string());
    std::vector<float> piece(4096);
    while (true) {
        const auto frames = (*reader)->read(piece);
        if (!frames) return truncated(**reader, *declared, frames.error()).within(path.string());
        if (*frames == 0) return *declared;
    }
}

struct Asked {
    core::Programme programme;
    std::optional<std::string> input = {};  // that it is
};

// It opens when its session is stored; what is wrong already is told now.
core::Result<Asked> live_programme_of(const api::PlayBody& body) {
    const auto spec = live::parse_source(body.source);
    if (!spec) return spec.error();
    if (auto there = live::check_source(*spec); !there) return there.error();
    core::Programme programme;
    programme.title = body.title.value_or(body.source);
    programme.live = core::LiveStream{body.source, 0, {}, {}};
    Asked asked{std::move(programme)};
    if (const auto* input = std::get_if<live::InputSpec>(&*spec)) asked.input = input->input;
    return asked;
}

core::Result<Asked> programme_of(const files::BlobFolder& blobs, const api::PlayBody& body) {
    constexpr std::string_view prefix = "blob:";
    if (live::is_live_source(body.source)) return live_programme_of(body);
    if (!body.source.starts_with(prefix))
        return core::Error{core::ErrorCode::invalid,
                           "source '" + body.source.substr(0, 80) +
                               "' is of a kind that this version has not; upload a file and write blob:HASH, or "
                               "write tone:HZ, pipe:PATH, alsa:NAME, input:WORKER/NAME or feed"};
    auto hash = core::parse_blob_hash(std::string_view(body.source).substr(prefix.size()));
    if (!hash) return hash.error();
    const auto info = blobs.find(*hash);
    if (!info)
        return core::Error{core::ErrorCode::not_found,
                           "blob " + hash->value + " is not here; upload it with POST /v1/blobs"};
    core::Programme programme{*hash, info->size_bytes, 0, body.title.value_or(hash->value.substr(0, 12))};
    auto frames = playable_frames(blobs.path(*hash));
    if (!frames) {
        // The file has a hash for a name here; people know it by its title.
        auto what = frames.error().what;
        const auto path = blobs.path(*hash).string();
        if (const auto at = what.find(path); at != std::string::npos) what.replace(at, path.size(), programme.title);
        return core::Error{core::ErrorCode::corrupt, what};
    }
    programme.frames = *frames;
    return Asked{std::move(programme)};
}

// As programme_of, on a thread that nothing may be thrown out of: a file is outside data, and memory may end.
core::Result<Asked> look_at_programme(const files::BlobFolder& blobs, const api::PlayBody& body) noexcept {
    try {
        return programme_of(blobs, body);
    } catch (const std::exception& failure) {
        return core::Error{core::ErrorCode::internal, std::string("cannot look at the programme: ") + failure.what()};
    }
}

core::Result<core::FrameCount> frame_at(double seconds) {
    if (std::isfinite(seconds) && seconds >= 0 && seconds < 1e9)
        return static_cast<core::FrameCount>(std::llround(seconds * core::cluster_rate));
    return core::Error{core::ErrorCode::invalid, std::to_string(seconds) + " s is no place in a programme"};
}

// The core knows what is possible; here it has to be a number at all.
core::Result<std::optional<core::Duration>> latency_of(const api::PlayBody& body) {
    if (!body.latency_ms) return std::optional<core::Duration>();
    if (std::isfinite(*body.latency_ms) && std::abs(*body.latency_ms) < 1e6)
        return std::optional(core::Duration{std::llround(*body.latency_ms * 1e6)});
    return core::Error{core::ErrorCode::invalid, std::to_string(*body.latency_ms) + " ms is no latency"};
}

core::Result<std::optional<core::LiveCodec>> codec_of(const api::PlayBody& body) {
    std::optional<core::LiveCodec> codec;
    if (!body.codec) return codec;
    if (boost::describe::enum_from_string(body.codec->c_str(), codec.emplace())) return codec;
    return core::Error{core::ErrorCode::invalid, "codec '" + body.codec->substr(0, 80) + "': write flac or opus"};
}

// All but the programme.
core::Result<core::PlayRequest> request_of(const api::PlayBody& body) {
    const auto from = frame_at(body.from_s.value_or(0));
    if (!from) return from.error();
    const auto latency = latency_of(body);
    if (!latency) return latency.error();
    const auto codec = codec_of(body);
    if (!codec) return codec.error();
    return core::PlayRequest{{}, body.to, body.volume.value_or(1.0), *from, *latency, *codec};
}

void play(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::PlayBody>(request, responder);
    if (!body) return;
    const auto play = request_of(*body);
    if (!play) return responder.fail(play.error());
    const auto kept = std::make_shared<http::Responder>(std::move(responder));
    // To look at a file is to read it, all of it if need be: not on the loop, which owes the workers the time.
    const bool taken = parts.background.run([&parts, body = *body, play = *play, kept, asker = asker_of(request)] {
        return [&parts, play, kept, asker, asked = look_at_programme(parts.blobs, body)]() mutable {
            if (!asked) return kept->fail(asked.error());
            play.programme = asked->programme;
            play.input = asked->input;
            parts.app.ask(std::move(play), asker, answer_session(parts, std::move(*kept), 201));
        };
    });
    if (!taken) kept->fail({core::ErrorCode::unavailable, "too many programmes are being looked at; try again"});
}

template <class CoreRequest>
http::Handler session_verb(ApiParts& parts) {
    return [&parts](const http::Request& request, http::Responder responder) {
        parts.app.ask(CoreRequest{{request.param("id")}}, asker_of(request),
                      answer_session(parts, std::move(responder)));
    };
}

Does session_verb_does(std::string summary) {
    return Does(std::move(summary)).gives<api::SessionView>().keyed().refuses({404});
}

void seek(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::SeekBody>(request, responder);
    if (!body) return;
    const auto frame = frame_at(body->to_s);
    if (!frame) return responder.fail(frame.error());
    parts.app.ask(core::SeekRequest{{request.param("id")}, *frame}, asker_of(request),
                  answer_session(parts, std::move(responder)));
}

void set_volume(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::VolumeBody>(request, responder);
    if (!body) return;
    parts.app.ask(core::VolumeRequest{body->target, body->volume, body->muted, body->max_level}, asker_of(request),
                  answer_empty(std::move(responder)));
}

CoordinatorApp::Answered answer_zone(http::Responder responder) {
    return answer_with<core::ZoneRow>(
        std::move(responder),
        [](const core::ZoneRow& row, const core::CoordinatorState& state) { return zone_view(state, row); });
}

void set_zone(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::ZoneBody>(request, responder);
    if (!body) return;
    const auto expected = http::if_match_revision(request);
    if (!expected) return responder.fail(expected.error());
    core::ZoneSetRequest zone{request.param("name"), body->outputs, *expected,
                              request.headers.get("If-None-Match") == "*"};
    parts.app.ask(std::move(zone), asker_of(request), answer_zone(std::move(responder)));
}

void rename_zone(ApiParts& parts, const http::Request& request, http::Responder responder) {
    const auto body = body_of<api::ZoneRenameBody>(request, responder);
    if (!body) return;
    parts.app.ask(core::ZoneRenameRequest{request.param("name"), body->name}, asker_of(request),
                  answer_zone(std::move(responder)));
}

void add_blob_routes(http::Router& router, ApiParts& parts) {
    router.upload(
        Method::post, "/v1/blobs", Permission::play, blob_bytes_max,
        [&parts] { return std::make_unique<BlobUpload>(parts.blobs); },
        Does("Uploads a programme")
            .takes_file("application/octet-stream")
            .gives<api::BlobView>(201)
            .refuses({409, 422, 507}));
    router.add(
        Method::get, "/v1/blobs/{hash}", Permission::view,
        [&parts](const http::Request& request, http::Responder responder) {
            const auto hash = core::parse_blob_hash(request.param("hash"));
            if (!hash) return responder.fail(hash.error());
            if (!parts.blobs.find(*hash))
                return responder.fail({core::ErrorCode::not_found, "blob " + hash->value + " is not here"});
            http::FileBody file{parts.blobs.path(*hash), http::etag(hash->value)};
            responder.answer(http::Response::of_file(std::move(file)));
        },
        Does("A programme").gives_file({{"application/octet-stream", ""}}, true));
}

}  // namespace

CoordinatorApp::Answered answer_session(ApiParts& parts, http::Responder responder, int status) {
    return answer_with<core::SessionRow>(
        std::move(responder),
        [&parts](const core::SessionRow& row, const core::CoordinatorState& state) {
            return session_view(state, row, parts.app.now());
        },
        status);
}

void add_play_routes(http::Router& router, ApiParts& parts) {
    add_blob_routes(router, parts);
    router.add(Method::post, "/v1/sessions", Permission::play, bound(parts, play),
               Does("Plays a programme").takes<api::PlayBody>().gives<api::SessionView>(201).keyed().refuses({404}));
    router.add(Method::post, "/v1/sessions/{id}/stop", Permission::play, session_verb<core::StopRequest>(parts),
               session_verb_does("Stops a session"));
    router.add(Method::post, "/v1/sessions/{id}/pause", Permission::play, session_verb<core::PauseRequest>(parts),
               session_verb_does("Pauses a session"));
    router.add(Method::post, "/v1/sessions/{id}/resume", Permission::play, session_verb<core::ResumeRequest>(parts),
               session_verb_does("Resumes a session that is paused"));
    router.add(Method::post, "/v1/sessions/{id}/seek", Permission::play, bound(parts, seek),
               session_verb_does("Goes on at another place of the programme").takes<api::SeekBody>());
    router.add(Method::put, "/v1/volume", Permission::play, bound(parts, set_volume),
               Does("Sets the volume of a session, an output, a zone or all")
                   .takes<api::VolumeBody>()
                   .gives_nothing()
                   .keyed()
                   .refuses({404}));
    router.add(Method::put, "/v1/zones/{name}", Permission::play, bound(parts, set_zone),
               Does("Makes a zone, or gives it other outputs")
                   .takes<api::ZoneBody>()
                   .gives<api::ZoneView>()
                   .keyed()
                   .refuses({404})
                   .may_have("header", "If-Match", "the ETag of the zone that is to be changed")
                   .may_have("header", "If-None-Match", "*: only make it"));
    router.add(
        Method::post, "/v1/zones/{name}/rename", Permission::play, bound(parts, rename_zone),
        Does("Gives a zone another name").takes<api::ZoneRenameBody>().gives<api::ZoneView>().keyed().refuses({404}));
    router.add(
        Method::delete_, "/v1/zones/{name}", Permission::play,
        [&parts](const http::Request& request, http::Responder responder) {
            parts.app.ask(core::ZoneDeleteRequest{request.param("name")}, asker_of(request),
                          answer_empty(std::move(responder)));
        },
        Does("Deletes a zone").gives_nothing().keyed().refuses({404}));
}

}  // namespace antiphon::coordinator
