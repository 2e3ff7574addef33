// The verbs of a worker's Bluetooth.
#include <algorithm>
#include <chrono>

#include "apps/cli/parse.hpp"
#include "apps/cli/poll.hpp"
#include "apps/cli/progress.hpp"
#include "apps/cli/put_blob.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

// Longer than a coordinator waits for a device to be found, paged and asked.
constexpr std::chrono::seconds pair_deadline{90};
constexpr const char* scan_default = "20s";
constexpr const char* open_default = "60s";

struct BluetoothArguments {
    std::string worker;
    std::string address;
    std::optional<std::string> output;  // required
    std::optional<std::string> length;
};
using Arguments = std::shared_ptr<BluetoothArguments>;

std::string target_of(const BluetoothArguments& said, const std::string& what = "") {
    return "/v1/workers/" + http::percent_encoded(said.worker) + "/bluetooth" + what;
}

std::string device_of(const BluetoothArguments& said, const std::string& what = "") {
    return target_of(said, "/devices/" + http::percent_encoded(said.address) + what);
}

int list(Call& call, const ApiClient& api, const BluetoothArguments& said) {
    return call.answer<api::BluetoothView>(api.get(target_of(said)),
                                           [&](const api::BluetoothView& view) { return show(view, call.look()); });
}

core::Result<double> length_of(const BluetoothArguments& said, const char* otherwise) {
    const auto seconds = parse_duration(said.length.value_or(otherwise));
    if (!seconds) return seconds.error().within("--for");
    return static_cast<double>(*seconds);
}

// The worker takes a moment to begin, and tells by itself when it is over.
int scan(Call& call, const ApiClient& api, const BluetoothArguments& said) {
    const auto length = length_of(said, scan_default);
    if (!length) return call.usage(length.error());
    const auto ordered = api.send(http::Method::post, target_of(said, "/scan"), json::encode(api::ScanBody{*length}));
    if (!ordered) return call.fail(ordered.error());
    Progress progress(progress_stream(call));
    bool begun = false;
    int looks = 0;
    std::optional<core::Error> error;
    poll(api.settings(), target_of(said), [&](const core::Result<http::Response>& answer) {
        const auto view = Call::decoded<api::BluetoothView>(answer);
        if (!view) return error = view.error(), true;
        const bool scanning = std::ranges::any_of(view->adapters, &core::AdapterReport::scanning);
        begun = begun || scanning;
        progress.show("looks around: " + count_text(view->devices.size(), "device"));
        constexpr int looks_for_a_beginning = 6;
        return (begun && !scanning) || (!begun && ++looks > looks_for_a_beginning);
    });
    progress.clear();
    return error ? call.fail(*error) : list(call, api, said);
}

int pair(Call& call, const ApiClient& api, const BluetoothArguments& said) {
    const auto body = json::encode(api::PairBody{said.output.value_or("")});
    call.tell("looks for it and pairs; this takes up to a minute");
    return call.answer<api::PairingView>(
        api.post_patiently(device_of(said, "/pair"), body, pair_deadline), [](const api::PairingView& view) {
            return printable((view.name.empty() ? view.device : view.name) + " is " + view.output + " now") + "\n";
        });
}

int open(Call& call, const ApiClient& api, const BluetoothArguments& said) {
    const auto length = length_of(said, open_default);
    if (!length) return call.usage(length.error());
    const auto body = json::encode(api::PairingWindowBody{*length});
    return call.answer(api.send(http::Method::post, target_of(said, "/open"), body),
                       "devices may ask to be paired with " + said.worker + " for " +
                           said.length.value_or(open_default) + "; each waits for your word: antiphon bluetooth list " +
                           said.worker);
}

int close(Call& call, const ApiClient& api, const BluetoothArguments& said) {
    return call.answer(api.send(http::Method::delete_, target_of(said, "/open")),
                       "no device may ask to be paired with " + said.worker + " any more");
}

int accept(Call& call, const ApiClient& api, const BluetoothArguments& said) {
    return call.answer(api.send(http::Method::post, device_of(said, "/accept")),
                       said.address + " may be paired with " + said.worker);
}

int refuse(Call& call, const ApiClient& api, const BluetoothArguments& said) {
    return call.answer(api.send(http::Method::post, device_of(said, "/refuse")),
                       said.address + " may not be paired with " + said.worker);
}

int connect(Call& call, const ApiClient& api, const BluetoothArguments& said) {
    return call.answer(api.send(http::Method::post, device_of(said, "/connect")),
                       said.worker + " connects " + said.address + " now");
}

int forget(Call& call, const ApiClient& api, const BluetoothArguments& said) {
    return call.answer(api.send(http::Method::delete_, device_of(said)),
                       said.address + " is paired with " + said.worker + " no more");
}

template <class Body>
Verb with_bluetooth(const Arguments& said, Body body) {
    return with_api([said, body](Call& call, const ApiClient& api) { return body(call, api, *said); });
}

void add_looking(Command& group, const Arguments& said) {
    group
        .client_verb(
            {"list", "Lists a worker's adapters, and the devices around it.", {"antiphon bluetooth list hall"}})
        .argument("WORKER", said->worker, "whose Bluetooth")
        .runs(with_bluetooth(said, list));
    group
        .client_verb({"scan",
                      "Looks for devices that are in pairing mode, and lists what is there.",
                      {"antiphon bluetooth scan hall", "antiphon bluetooth scan hall --for 30s"}})
        .argument("WORKER", said->worker, "that looks")
        .option({"--for", "TIME", "how long, up to 60s (default 20s)"}, said->length)
        .runs(with_bluetooth(said, scan));
}

void add_pairing(Command& group, const Arguments& said) {
    group
        .client_verb(
            {"pair",
             "Pairs a device with a worker: from now on it is an output of it.",
             {"antiphon bluetooth pair hall 00:11:22:33:44:55 --as left", "antiphon play song.flac --to hall/left"}})
        .argument("WORKER", said->worker, "that is to drive it")
        .argument("ADDRESS", said->address, "of the device, as `antiphon bluetooth scan` shows it")
        .option({"--as", "NAME", "what the output is called on this worker", true}, said->output)
        .runs(with_bluetooth(said, pair));
    group
        .client_verb({"open",
                      "Lets devices ask to be paired for a while; each waits for `accept`.",
                      {"antiphon bluetooth open hall", "antiphon bluetooth open hall --for 2m"}})
        .argument("WORKER", said->worker, "that may be asked")
        .option({"--for", "TIME", "how long, up to 5m (default 60s)"}, said->length)
        .runs(with_bluetooth(said, open));
    group.client_verb({"close", "Lets no device ask any more.", {"antiphon bluetooth close hall"}})
        .argument("WORKER", said->worker, "that may not be asked")
        .runs(with_bluetooth(said, close));
}

template <class Body>
void add_word(Command& group, const Arguments& said, const char* name, const char* does, Body body) {
    group.client_verb({name, does, {"antiphon bluetooth " + std::string(name) + " hall 00:11:22:33:44:55"}})
        .argument("WORKER", said->worker, "that drives it")
        .argument("ADDRESS", said->address, "of the device")
        .runs(with_bluetooth(said, body));
}

}  // namespace

void add_bluetooth(Command root) {
    const auto said = std::make_shared<BluetoothArguments>();
    auto group =
        root.verb({"bluetooth",
                   "Finds, pairs and forgets Bluetooth headsets and speakers.",
                   {"antiphon bluetooth scan hall", "antiphon bluetooth pair hall 00:11:22:33:44:55 --as left"},
                   "Cluster"});
    add_looking(group, said);
    add_pairing(group, said);
    add_word(group, said, "accept", "Says yes to a device that asks to be paired.", accept);
    add_word(group, said, "refuse", "Says no to a device that asks to be paired.", refuse);
    add_word(group, said, "connect", "Connects a paired device now.", connect);
    add_word(group, said, "forget", "Forgets a device, and takes away the output that it was.", forget);
}

}  // namespace antiphon::cli
