// Schedules: recordings that begin at a time of the calendar. What time a rule tells next the shell knows (time zones
// are data of the system); what comes of it is decided here. Dates are compared with what the wall clock shows, so a
// clock that is wrong begins things at the wrong time; no clock makes one time of a schedule come true twice.
#include <utility>

#include "core/coordinator_turn.hpp"
#include "core/mutants.hpp"

namespace antiphon::core {
namespace {

// Set back by more than this, the calendar is another: what was found by the one before counts no more.
constexpr Duration set_back_min = std::chrono::seconds(5);

void find(CoordinatorTurn& turn, const ScheduleRow& row, WallTime after) {
    turn.effects.push_back(FindOccurrence{row.id, row.rule, after});
}

struct Inputs {
    std::vector<EndpointId> free;
    std::string busy;  // why the others are not; empty: all are
};

Inputs inputs_of(const CoordinatorDraft& draft, const ScheduleRow& row) {
    Inputs inputs;
    for (const auto& input : row.from) {
        const auto free = require_free_input(draft, input);
        if (free)
            inputs.free.push_back(input);
        else
            inputs.busy += (inputs.busy.empty() ? "" : "; ") + free.error().what;
    }
    if (row.from.empty()) inputs.busy = "the boards of its inputs were removed from the cluster";
    return inputs;
}

// This time of the schedule is dealt with.
void conclude(CoordinatorTurn& turn, ScheduleRow row, ScheduleRun run, WallTime wall) {
    row.next.reset();
    row.last = std::move(run);
    find(turn, row, wall);
    turn.draft.schedules.put(row.id, std::move(row));
}

void miss(CoordinatorTurn& turn, const ScheduleRow& row, WallTime wall, const std::string& why) {
    turn.announce("schedule.missed", row.id.value, why);
    conclude(turn, row, {*row.next, std::nullopt, why}, wall);
}

// Its time has come. Inputs that are taken do not keep the others from being recorded; while all are, it waits.
void run(CoordinatorTurn& turn, const ScheduleRow& row, WallTime wall) {
    const auto late = wall - *row.next;
    const Duration length{row.length_ns};
    const auto inputs = inputs_of(turn.draft, row);
    const bool over = late > length - recording_min;
    if (over && row.last && row.last->at == *row.next) return miss(turn, row, wall, row.last->problem);
    if (over) return miss(turn, row, wall, "it was over before this coordinator looked at its clock");
    if (!inputs.free.empty()) {
        const auto recording =
            begin_recording(turn, inputs.free, {row.title, length - late, row.id, row.on_sound}, wall);
        return conclude(turn, row, {*row.next, recording.id, inputs.busy}, wall);
    }
    if (row.last && row.last->at == *row.next) return;  // it waits, and has said so
    auto waiting = row;
    waiting.last = ScheduleRun{*row.next, std::nullopt, inputs.busy};
    turn.announce("schedule.waiting", row.id.value, inputs.busy);
    turn.draft.schedules.put(row.id, std::move(waiting));
}

}  // namespace

void find_occurrences(CoordinatorTurn& turn, WallTime wall) {
    turn.draft.schedules.each([&](const ScheduleRow& row) {
        // One that is due, or was missed while nobody was here, has to have its end first.
        if (!row.next || *row.next > wall) find(turn, row, wall);
    });
}

void run_schedules(CoordinatorTurn& turn, const WallLabel& before) {
    const auto wall = turn.draft.calendar.wall;
    if (before.on(turn.now) - wall > set_back_min) find_occurrences(turn, wall);
    std::vector<ScheduleRow> due;
    turn.draft.schedules.each([&](const ScheduleRow& row) {
        if (row.next && *row.next <= wall) due.push_back(row);
        if (!row.next && !row.over) find(turn, row, wall);  // the answer was lost, or is on its way
    });
    for (const auto& row : due) run(turn, row, wall);
}

void plan_occurrence(CoordinatorTurn& turn, const OccurrenceFound& found) {
    const auto* known = turn.draft.schedules.find(found.schedule);
    if (!known) return;
    // Its time has come meanwhile: it has its end first.
    if (known->next && *known->next <= turn.draft.label.on(turn.now)) return;
    ScheduleRow row = *known;
    // The clock was set back to before what it has recorded.
    const bool again = found.next && row.last && row.last->at == *found.next;
    if (again && row.last->recording && !mutated(Mutant::time_twice)) return find(turn, row, *found.next);
    row.next = found.next;
    row.over = !found.next;
    if (row == *known) return;
    if (row.over && !known->over) turn.announce("schedule.over", row.id.value, "its rule tells no more times");
    turn.draft.schedules.put(row.id, std::move(row));
}

void move_schedules(CoordinatorTurn& turn, const WorkerId& old, const WorkerId* successor) {
    std::vector<ScheduleRow> changed;
    turn.draft.schedules.each([&](ScheduleRow row) {
        if (move_endpoints(row.from, old, successor)) changed.push_back(std::move(row));
    });
    for (auto& row : changed) turn.draft.schedules.put(row.id, std::move(row));
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest& request, const ScheduleRequest& asked) {
    if (auto line = require_line(asked.title, "a title"); !line) return line.error();
    if (auto length = require_length(asked.length); !length) return length.error();
    if (auto trigger = require_trigger(asked.on_sound); !trigger) return trigger.error();
    auto inputs = resolve_inputs(turn.draft, asked.from);
    if (!inputs) return inputs.error();
    if (count_of(turn.draft.schedules) >= schedules_max)
        return Error{ErrorCode::exhausted, "there are " + std::to_string(schedules_max) +
                                               " schedules, which is the bound; antiphon schedule list shows them, "
                                               "antiphon schedule remove takes one away"};
    ScheduleRow row;
    row.id = {turn.new_id('p')};
    row.title = asked.title;
    row.from = std::move(*inputs);
    row.rule = asked.rule;
    row.length_ns = asked.length.count();
    row.next = asked.next;
    row.created = request.wall;
    row.on_sound = asked.on_sound;
    turn.draft.schedules.put(row.id, row);
    turn.announce("schedule.created", row.id.value, counted(row.from.size(), "input"));
    return AnswerBody{row};
}

Result<AnswerBody> handle(CoordinatorTurn& turn, const UserRequest&, const ScheduleDeleteRequest& asked) {
    if (!turn.draft.schedules.find(asked.schedule))
        return Error{ErrorCode::not_found, "there is no schedule '" + asked.schedule.value.substr(0, 80) +
                                               "'; antiphon schedule list lists them"};
    turn.draft.schedules.erase(ScheduleId(asked.schedule));
    turn.announce("schedule.removed", asked.schedule.value, "what it has begun goes on");
    return AnswerBody{Done{}};
}

}  // namespace antiphon::core
