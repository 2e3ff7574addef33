// The verb listen: an input's sound, live, for a player behind a pipe or for a file.
#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <ostream>

#include "adapters/files/posix.hpp"
#include "adapters/http/url.hpp"
#include "adapters/system/signals.hpp"
#include "apps/cli/parse.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/put_blob.hpp"
#include "apps/cli/take_stream.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"
#include "media/codecs/little_endian.hpp"

namespace antiphon::cli {
namespace {

using core::Error;
using core::ErrorCode;

struct ListenArguments {
    std::string input;
    std::optional<std::string> output;
    std::optional<std::string> format;
    std::optional<std::string> length;
};

struct ListenedView {
    std::string input;
    std::string file;
    std::string format;
    std::uint64_t bytes = 0;
    double seconds = 0;
};
BOOST_DESCRIBE_STRUCT(ListenedView, (), (input, file, format, bytes, seconds))

struct Wish {
    std::string target;
    std::string format;
    std::optional<core::Duration> length;
};

// From the file's name, where nothing else is said.
std::string format_of(const ListenArguments& asked) {
    if (asked.format) return *asked.format;
    return asked.output && asked.output->ends_with(".wav") ? "wav" : "opus";
}

core::Result<Wish> wish_of(const ListenArguments& asked) {
    const auto slash = asked.input.find('/');
    if (slash == std::string::npos || slash == 0 || slash + 1 == asked.input.size())
        return Error{ErrorCode::invalid,
                     "input '" + asked.input + "': write WORKER/INPUT, as `antiphon devices` lists them"};
    Wish wish;
    wish.format = format_of(asked);
    if (wish.format != "opus" && wish.format != "wav")
        return Error{ErrorCode::invalid, "--format '" + wish.format + "': write opus or wav"};
    wish.target = "/v1/inputs/" + http::percent_encoded(asked.input.substr(0, slash)) + "/" +
                  http::percent_encoded(asked.input.substr(slash + 1)) + "/live?format=" + wish.format;
    if (!asked.length) return wish;
    const auto seconds = parse_duration(*asked.length);
    if (!seconds) return seconds.error().within("--for");
    wish.length = std::chrono::seconds(*seconds);
    return wish;
}

// Where the sound goes: to standard output, or into a new file.
class Sink {
  public:
    static core::Result<Sink> open(const Call& call, const std::optional<std::string>& output) {
        Sink sink(call.outside().out);
        if (!output) return sink;
        sink.path_ = *output;
        sink.file_ = files::Descriptor(::open(output->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
        if (!sink.file_ && errno == EEXIST)
            return Error{ErrorCode::conflict, "there is '" + *output + "' already; choose another name"};
        if (!sink.file_) return files::system_error("write", sink.path_, errno);
        return sink;
    }

    // `conflict`: whoever reads standard output has had enough.
    core::Result<void> write(std::span<const std::byte> piece) {
        if (file_) return files::write_all(file_, piece, path_);
        out_->write(reinterpret_cast<const char*>(piece.data()), static_cast<std::streamsize>(piece.size()));
        out_->flush();
        return *out_ ? core::Result<void>() : Error{ErrorCode::conflict, "nobody reads any more"};
    }

    // A WAV file that has come to its end says how long it is.
    void complete(std::uint64_t bytes) const {
        if (!file_ || bytes < wav_head_bytes) return;
        tell(4, bytes - 8);
        tell(40, bytes - wav_head_bytes);
    }
    bool is_file() const { return static_cast<bool>(file_); }

  private:
    static constexpr std::uint64_t wav_head_bytes = 44;

    explicit Sink(std::ostream& out) : out_(&out) {}

    void tell(off_t at, std::uint64_t size) const {
        std::string bytes;
        media::append_little_endian(bytes, static_cast<std::uint32_t>(std::min<std::uint64_t>(size, 0xFFFF'FFFF)), 4);
        // the sound is there; readers can do without
        [[maybe_unused]] const auto told = ::pwrite(file_.get(), bytes.data(), bytes.size(), at);
    }

    std::ostream* out_;
    std::filesystem::path path_;
    files::Descriptor file_;
};

std::string length_words(double seconds) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.1f s", seconds);
    return text.data();
}

int report(const Call& call, const ListenArguments& asked, const Wish& wish, const TakenStream& taken) {
    if (!asked.output) return exit_done;
    if (call.json())
        return call.print(
            json::encode(ListenedView{asked.input, *asked.output, wish.format, taken.bytes, taken.seconds}) + "\n");
    return call.print(printable(*asked.output + " has " + length_words(taken.seconds) + " of " + asked.input + " (" +
                                size_text(taken.bytes) + ")") +
                      "\n");
}

int listen(Call& call, const ApiClient& api, const ListenArguments& asked) {
    const auto wish = wish_of(asked);
    if (!wish) return call.usage(wish.error());
    if (!asked.output && (call.outside().out_is_terminal || call.json()))
        return call.usage({ErrorCode::invalid,
                           "what comes is sound: write it to a file with --output FILE, or hear it: "
                           "antiphon listen " +
                               asked.input + " | ffplay -nodisp -"});
    system::ignore_broken_pipes();
    std::optional<Sink> sink;
    Progress progress(asked.output ? progress_stream(call) : nullptr);
    std::uint64_t done = 0;
    const auto taken =
        take_stream(api.settings(), wish->target, wish->length, [&](const auto& piece) -> core::Result<void> {
            if (!sink) {  // only now is it known that there is something to write
                auto opened = Sink::open(call, asked.output);
                if (!opened) return opened.error();
                sink.emplace(std::move(*opened));
            }
            done += piece.size();
            progress.show(printable("hears " + asked.input + ": " + size_text(done)));
            return sink->write(piece);
        });
    progress.clear();
    if (sink && wish->format == "wav") sink->complete(done);
    const bool left_alone = !taken && sink && !sink->is_file() && taken.error().code == ErrorCode::conflict;
    if (left_alone) return exit_done;
    if (!taken) return call.fail(taken.error());
    if (taken->ended)
        return call.fail({ErrorCode::unavailable,
                          "the coordinator has ended it: the input or the token is gone, or it "
                          "stops; see `antiphon why " +
                              asked.input + "`"});
    return report(call, asked, *wish, *taken);
}

}  // namespace

void add_listen(Command root) {
    const auto asked = std::make_shared<ListenArguments>();
    root.client_verb(
            {"listen",
             "Gives an input's sound as it comes, to a player or into a file.",
             {"antiphon listen hall/mic | ffplay -nodisp -", "antiphon listen hall/mic --output hall.wav --for 10s"},
             "Recording"})
        .argument("INPUT", asked->input, "WORKER/INPUT, as `antiphon devices` lists them")
        .option({"--output", "FILE", "a new file, instead of standard output"}, asked->output)
        .option({"--format", "opus|wav", "opus (in Ogg), or wav, which a name that ends so means too"}, asked->format)
        .option({"--for", "TIME", "10s, 5m: until then, instead of Ctrl-C"}, asked->length)
        .runs(with_api([asked](Call& call, const ApiClient& api) { return listen(call, api, *asked); }));
}

}  // namespace antiphon::cli
