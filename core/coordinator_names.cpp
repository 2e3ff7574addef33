// From the names that people write to ids. What does not exist is answered with what does.
#include <algorithm>

#include "core/coordinator_turn.hpp"
#include "core/monitor.hpp"

namespace antiphon::core {
namespace {

using Endpoints = std::vector<Endpoint> ReportedDocument::*;

void add_once(std::vector<EndpointId>& endpoints, const EndpointId& endpoint) {
    if (std::find(endpoints.begin(), endpoints.end(), endpoint) == endpoints.end()) endpoints.push_back(endpoint);
}

std::string list_of(const std::vector<std::string>& names) {
    if (names.empty()) return "none";
    std::string text;
    constexpr std::size_t shown_max = 12;
    for (std::size_t i = 0; i < std::min(names.size(), shown_max); ++i) text += (i ? ", " : "") + names[i];
    if (names.size() > shown_max) text += " and " + std::to_string(names.size() - shown_max) + " more";
    return text;
}

template <class Row, class Table>
const Row* row_named(const Table& table, std::string_view name) {
    const Row* found = nullptr;
    table.each([&](const Row& row) {
        if (row.name == name) found = &row;
    });
    return found;
}

const std::vector<Endpoint>* endpoints_of(const CoordinatorDraft& draft, const WorkerId& worker, Endpoints which) {
    const auto* presence = draft.presence.find(worker);
    return presence ? &(presence->reported.*which) : nullptr;
}

Error no_such_endpoint(const CoordinatorDraft& draft, const std::string& name, Endpoints which,
                       const std::string& what) {
    std::vector<std::string> known;
    draft.workers.each([&](const WorkerRow& worker) {
        if (const auto* endpoints = endpoints_of(draft, worker.id, which))
            for (const auto& endpoint : *endpoints) known.push_back(worker.name + "/" + endpoint.name);
    });
    return {ErrorCode::not_found,
            "there is no " + what + " '" + name.substr(0, 80) + "'; there are: " + list_of(known)};
}

Result<EndpointId> resolve_endpoint(const CoordinatorDraft& draft, const std::string& name, Endpoints which,
                                    const std::string& what) {
    const auto parsed = parse_endpoint_name(name);
    if (!parsed) {
        // A plain name may be meant as a zone or a worker: say what there is.
        if (name.find('/') == std::string::npos && parse_name(name)) return no_such_endpoint(draft, name, which, what);
        return parsed.error();
    }
    const auto* worker = find_worker(draft, parsed->worker);
    if (!worker) return require_worker(draft, parsed->worker).error();
    const auto* presence = draft.presence.find(worker->id);
    const auto is_there = [&](const ReportedDocument& reported) {
        if (which == &ReportedDocument::inputs) return can_be_heard(reported, parsed->endpoint);
        return has_endpoint(reported.*which, parsed->endpoint);
    };
    if (!presence || !is_there(presence->reported)) return no_such_endpoint(draft, name, which, what);
    return EndpointId{worker->id, parsed->endpoint};
}

void add_all(const CoordinatorDraft& draft, Endpoints which, std::vector<EndpointId>& found) {
    draft.workers.each([&](const WorkerRow& worker) {
        if (const auto* endpoints = endpoints_of(draft, worker.id, which))
            for (const auto& endpoint : *endpoints) add_once(found, {worker.id, endpoint.name});
    });
}

Result<std::vector<EndpointId>> resolve(const CoordinatorDraft& draft, const std::vector<std::string>& names,
                                        Endpoints which, const std::string& what) {
    if (names.empty()) return Error{ErrorCode::invalid, "no " + what + " is named; write worker/name or 'all'"};
    std::vector<EndpointId> found;
    for (const auto& name : names) {
        const auto* zone = which == &ReportedDocument::outputs ? find_zone(draft, name) : nullptr;
        if (name == "all") {
            add_all(draft, which, found);
        } else if (zone) {
            for (const auto& output : zone->outputs) add_once(found, output);
        } else {
            auto endpoint = resolve_endpoint(draft, name, which, what);
            if (!endpoint) return endpoint.error();
            add_once(found, *endpoint);
        }
    }
    if (found.empty())
        return Error{ErrorCode::conflict,
                     "'" + names.front() + "' has no " + what + " now; start a worker with --" + what + " NAME=DEVICE"};
    return found;
}

}  // namespace

const WorkerRow* worker_named(const CoordinatorDraft& draft, std::string_view name) {
    return row_named<WorkerRow>(draft.workers, name);
}

const ZoneRow* zone_named(const CoordinatorDraft& draft, std::string_view name) {
    return row_named<ZoneRow>(draft.zones, name);
}

const WorkerRow* find_worker(const CoordinatorDraft& draft, std::string_view name_or_id) {
    const auto* named = worker_named(draft, name_or_id);
    return named ? named : draft.workers.find({std::string(name_or_id)});
}

const ZoneRow* find_zone(const CoordinatorDraft& draft, std::string_view name_or_id) {
    const auto* named = zone_named(draft, name_or_id);
    return named ? named : draft.zones.find({std::string(name_or_id)});
}

Result<const WorkerRow*> require_worker(const CoordinatorDraft& draft, std::string_view name_or_id) {
    if (const auto* row = find_worker(draft, name_or_id)) return row;
    std::vector<std::string> names;
    draft.workers.each([&](const WorkerRow& row) { names.push_back(row.name); });
    return Error{ErrorCode::not_found,
                 "there is no worker '" + std::string(name_or_id.substr(0, 80)) + "'; there are: " + list_of(names)};
}

Result<std::vector<EndpointId>> resolve_outputs(const CoordinatorDraft& draft, const std::vector<std::string>& names) {
    return resolve(draft, names, &ReportedDocument::outputs, "output");
}

Result<std::vector<EndpointId>> resolve_inputs(const CoordinatorDraft& draft, const std::vector<std::string>& names) {
    return resolve(draft, names, &ReportedDocument::inputs, "input");
}

std::string display_name(const CoordinatorDraft& draft, const EndpointId& endpoint) {
    const auto* worker = draft.workers.find(endpoint.worker);
    return (worker ? worker->name : endpoint.worker.value) + "/" + endpoint.name;
}

Result<void> require_no_maintenance(const CoordinatorDraft& draft, const std::vector<EndpointId>& endpoints) {
    for (const auto& endpoint : endpoints) {
        const auto* worker = draft.workers.find(endpoint.worker);
        if (worker && worker->maintenance)
            return Error{ErrorCode::conflict, "worker '" + worker->name +
                                                  "' is taken for maintenance; release it first: antiphon workers "
                                                  "release " +
                                                  worker->name};
    }
    return {};
}

std::string device_of(const CoordinatorDraft& draft, const EndpointId& output) {
    if (const auto* outputs = endpoints_of(draft, output.worker, &ReportedDocument::outputs))
        for (const auto& endpoint : *outputs)
            if (endpoint.name == output.name) return endpoint.device;
    return {};
}

}  // namespace antiphon::core
