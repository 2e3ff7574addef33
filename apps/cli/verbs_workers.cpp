// The verbs of the cluster's boards: invite, workers, devices.
#include "apps/cli/lists.hpp"
#include "apps/cli/show.hpp"
#include "apps/cli/utf8.hpp"
#include "apps/cli/verbs.hpp"
#include "apps/cli/with_api.hpp"
#include "apps/cli/wording.hpp"

namespace antiphon::cli {
namespace {

constexpr const char* heading = "Cluster";

int invite(Call& call, const ApiClient& api, const std::optional<std::string>& replaces) {
    const auto answer = api.send(http::Method::post, "/v1/invitations", json::encode(api::InviteBody{replaces}));
    return call.answer<api::InvitationView>(answer, [&](const api::InvitationView& view) {
        // on stderr, so that $(antiphon invite) is the invitation alone
        call.tell("good for one worker, for " + count_text(static_cast<std::size_t>(view.expires_in_s / 60), "minute"));
        return printable(view.invitation) + "\n";
    });
}

int workers(Call& call, const ApiClient& api) {
    return call.answer<WorkersView>(api.get("/v1/workers"),
                                    [&](const WorkersView& view) { return show(view.workers, call.look()); });
}

int devices(Call& call, const ApiClient& api) {
    return call.answer<api::DevicesView>(api.get("/v1/devices"),
                                         [&](const api::DevicesView& view) { return show(view, call.look()); });
}

std::string target_of(const std::string& worker, const std::string& what) {
    return "/v1/workers/" + http::percent_encoded(worker) + "/" + what;
}

int ping(Call& call, const ApiClient& api, const std::string& worker) {
    return call.answer<api::PongView>(api.send(http::Method::post, target_of(worker, "ping")),
                                      [&](const api::PongView& view) { return show(view, call.look()); });
}

int maintain(Call& call, const ApiClient& api, const std::string& worker) {
    return call.answer<api::WorkerView>(
        api.send(http::Method::post, target_of(worker, "maintenance")), [](const api::WorkerView& view) {
            return printable(view.name +
                             (view.activity == "maintenance"
                                  ? " is in maintenance: it plays and records nothing until it is released"
                                  : " will be in maintenance once it waits; now it is " + words_of(view.activity))) +
                   "\n";
        });
}

int rename(Call& call, const ApiClient& api, const std::string& worker, const std::string& name) {
    return call.answer<api::WorkerView>(
        api.send(http::Method::post, target_of(worker, "rename"), json::encode(api::WorkerRenameBody{name})),
        [&](const api::WorkerView& view) { return printable(worker + " is now " + view.name) + "\n"; });
}

int remove(Call& call, const ApiClient& api, const std::string& worker) {
    return call.answer(api.send(http::Method::delete_, "/v1/workers/" + http::percent_encoded(worker)),
                       worker + " belongs to the cluster no more");
}

int release(Call& call, const ApiClient& api, const std::string& worker) {
    return call.answer(api.send(http::Method::delete_, target_of(worker, "maintenance")),
                       worker + " is back from maintenance");
}

template <class Body>
Verb with_worker(const std::shared_ptr<std::string>& worker, Body body) {
    return with_api([worker, body](Call& call, const ApiClient& api) { return body(call, api, *worker); });
}

}  // namespace

void add_workers(Command root) {
    const auto replaces = std::make_shared<std::optional<std::string>>();
    root.client_verb({"invite",
                      "Prints an invitation for one new worker.",
                      {"antiphon invite", "antiphon worker --name hall --join \"$(antiphon invite)\"",
                       "antiphon invite --replace hall"},
                      heading})
        .option({"--replace", "NAME", "the new board takes this worker's place: its zones, volumes and sessions"},
                *replaces)
        .runs(with_api([replaces](Call& call, const ApiClient& api) { return invite(call, api, *replaces); }));
    const auto name = std::make_shared<std::string>();
    auto group = root.client_verb({"workers",
                                   "Lists the workers, and asks or tells one of them something.",
                                   {"antiphon workers", "antiphon workers ping hall"},
                                   heading});
    group.runs(with_api(workers));
    group.client_verb({"list", "Lists the workers.", {"antiphon workers list --json"}}).runs(with_api(workers));
    group.client_verb({"ping", "Asks a worker what it is doing now.", {"antiphon workers ping hall"}})
        .argument("NAME", *name, "of the worker")
        .runs(with_worker(name, ping));
    group
        .client_verb({"maintain",
                      "Takes a worker out of service; refused while it plays or records.",
                      {"antiphon workers maintain hall"}})
        .argument("NAME", *name, "of the worker")
        .runs(with_worker(name, maintain));
    group.client_verb({"release", "Gives a worker back to service.", {"antiphon workers release hall"}})
        .argument("NAME", *name, "of the worker")
        .runs(with_worker(name, release));
    const auto new_name = std::make_shared<std::string>();
    group.client_verb({"rename", "Gives a worker another name.", {"antiphon workers rename hall chapel"}})
        .argument("NAME", *name, "of the worker")
        .argument("NEW", *new_name, "its new name")
        .runs(with_api(
            [name, new_name](Call& call, const ApiClient& api) { return rename(call, api, *name, *new_name); }));
    group
        .client_verb({"remove",
                      "Takes a worker out of the cluster for good; refused while it plays or records.",
                      {"antiphon workers remove hall"}})
        .argument("NAME", *name, "of the worker")
        .runs(with_worker(name, remove));
    root.client_verb({"devices", "Lists what the cluster can play on and record from.", {"antiphon devices"}, heading})
        .runs(with_api(devices));
}

}  // namespace antiphon::cli
