// Laws of Bluetooth orders and pairings: a device is one board's, and every order ends once.
#include <gtest/gtest.h>

#include "core/coordinator_bench.test.hpp"
#include "core/why.hpp"

namespace antiphon::core {
namespace {

using std::chrono::seconds;

const std::string address = "AA:00:00:00:00:01";
const std::string device = "bluetooth:" + address;

DeviceReport headset(DeviceState state, std::string reason = "") {
    DeviceReport report;
    report.address = address;
    report.name = "Headset";
    report.adapter = "hci0";
    report.state = state;
    report.reason = std::move(reason);
    report.paired = true;
    return report;
}

struct BluetoothBench : Bench {
    BluetoothBench() {
        bluetooth = BluetoothReport{"", false, {{"hci0", true, false, ""}}, {}};
        hall = join("hall");
        foyer = join("foyer");
    }
    std::optional<PublishOrder> ordered() const {
        for (const auto& effect : effects)
            if (const auto* found = std::get_if<PublishOrder>(&effect)) return *found;
        return std::nullopt;
    }
    PublishOrder order(BluetoothRequest request) {
        take(user_request(std::move(request)));
        const auto found = ordered();
        if (!found) throw std::runtime_error(answer() ? answer()->error().what : "no order");
        return *found;
    }
    static BluetoothRequest pairing(const std::string& worker = "hall", const std::string& output = "head") {
        return {worker, {BluetoothVerb::pair, address, 0}, output};
    }
    static BluetoothRequest plain(BluetoothVerb verb, const std::string& worker = "hall") {
        return {worker, {verb, verb == BluetoothVerb::close ? "" : address, 0}, ""};
    }
    void end(const PublishOrder& order, std::optional<ErrorCode> failed = {}, std::string what = "") {
        take(WorkerMessage{order.worker, {{}, Outcome{order.id, failed, std::move(what)}}});
    }
    // As a board does that obeys, and has the output then.
    PairingRow pair(const std::string& worker = "hall") {
        end(order(pairing(worker)));
        const auto id = worker == "hall" ? hall : foyer;
        outputs.push_back({"head", device, ""});
        report(id);
        outputs.pop_back();
        const auto got = answer();
        if (!got || !*got) throw std::runtime_error(got ? got->error().what : "no answer");
        return std::get<PairingRow>(**got);
    }
    DesiredDocument desired(const WorkerId& worker) const { return desired_document(state, worker); }

    WorkerId hall, foyer;
};

TEST(BluetoothOrders, ADeviceThatWasPairedIsAnOutputOfItsBoard) {
    BluetoothBench bench;
    const auto order = bench.order(BluetoothBench::pairing());
    EXPECT_EQ(order.worker, bench.hall);
    EXPECT_EQ(order.order.address, address);
    EXPECT_FALSE(bench.answer()) << "the board has not obeyed yet";
    bench.end(order);
    EXPECT_EQ(bench.announced(), "device.paired");
    EXPECT_EQ(bench.last_news()->entry.asked_by, "ann");
    EXPECT_FALSE(bench.answer()) << "nobody could play on it yet";
    ASSERT_TRUE(bench.published(bench.hall));
    const auto& document = bench.published(bench.hall)->document;
    EXPECT_EQ(document.devices, std::vector{device});
    EXPECT_EQ(document.paired, (std::vector<PairedOutput>{{"head", device}}));
    EXPECT_FALSE(bench.published(bench.foyer));
    bench.outputs.push_back({"head", device, ""});
    bench.report(bench.hall);
    ASSERT_TRUE(bench.answer());
    EXPECT_EQ(std::get<PairingRow>(**bench.answer()).output, (EndpointId{bench.hall, "head"}));
    EXPECT_EQ(bench.ask<SessionRow>(play({"hall/head"})).outputs.size(), 1U);
}

TEST(BluetoothOrders, EachEndsOnce) {
    BluetoothBench bench;
    const auto refused = bench.order(BluetoothBench::pairing());
    bench.end(refused, ErrorCode::denied, "it refuses to be paired");
    EXPECT_EQ(bench.answer()->error(), (Error{ErrorCode::denied, "it refuses to be paired"}));
    bench.end(refused);
    EXPECT_FALSE(bench.answer());
    EXPECT_EQ(bench.state.pairings.size(), 0U);
    EXPECT_EQ(bench.state.counters.late_replies, 1U);
    const auto lost = bench.order(BluetoothBench::pairing());
    bench.now = bench.now + pair_limit + Duration(1);
    bench.report(bench.hall);
    bench.tick();
    EXPECT_EQ(bench.answer()->error().what, "worker 'hall' did not answer within 75 s");
    bench.end(lost);
    EXPECT_FALSE(bench.answer());
    EXPECT_EQ(bench.state.pairings.size(), 0U) << "who asked was told that it did not work";
}

TEST(BluetoothOrders, AnotherBoardsWordEndsNothing) {
    BluetoothBench bench;
    auto order = bench.order(BluetoothBench::pairing());
    order.worker = bench.foyer;
    bench.end(order);
    EXPECT_FALSE(bench.answer());
    bench.take(WorkerMessage{bench.hall, {{}, Pong{order.id, {1}, {1}, Activity::waiting, {}}}});
    EXPECT_FALSE(bench.answer()) << "it was no ping";
}

TEST(BluetoothOrders, AnOrderThatWasUnderWayIsSentAgain) {
    BluetoothBench bench;
    const auto order = bench.order(BluetoothBench::pairing());
    bench.take(WorkerMessage{bench.hall, {{}, Alive{false}}});
    bench.take(WorkerMessage{bench.hall, {{}, Alive{true}}});
    ASSERT_TRUE(bench.ordered());
    EXPECT_EQ(bench.ordered()->id, order.id) << "so that it has one effect";
    bench.tick();
    EXPECT_FALSE(bench.ordered());
    bench.now = bench.now + order_again_after;
    bench.tick();
    ASSERT_TRUE(bench.ordered()) << "it may be lost, or its outcome";
    EXPECT_EQ(bench.ordered()->id, order.id);
    bench.tick();
    EXPECT_FALSE(bench.ordered());
}

TEST(BluetoothOrders, OneBoardDrivesADevice) {
    BluetoothBench bench;
    bench.pair();
    const auto error = bench.refused(BluetoothBench::pairing("foyer"));
    EXPECT_EQ(error.code, ErrorCode::conflict);
    EXPECT_EQ(error.what, device + " is paired as hall/head already; forget it there first: antiphon bluetooth forget");
    bench.outputs = {{"ear", device, ""}};
    bench.report(bench.foyer);
    EXPECT_EQ(bench.refused(play({"foyer/ear"})).code, ErrorCode::conflict);
}

TEST(BluetoothOrders, OfTwoThatPairAtOnceOneWins) {
    BluetoothBench bench;
    const auto first = bench.order(BluetoothBench::pairing("hall"));
    const auto second = bench.order(BluetoothBench::pairing("foyer"));
    bench.end(second);
    bench.end(first);
    EXPECT_EQ(bench.answer()->error().code, ErrorCode::conflict);
    EXPECT_EQ(bench.state.pairings.find(device)->output.worker, bench.foyer);
}

TEST(BluetoothOrders, NamesMeanOneThing) {
    BluetoothBench bench;
    EXPECT_EQ(bench.refused(BluetoothBench::pairing("hall", "left")).what,
              "hall/left is virtual:speaker already; choose another name");
    EXPECT_EQ(bench.refused(BluetoothBench::pairing("hall", "mic")).what,
              "hall/mic is the input virtual:microphone already; choose another name");
    EXPECT_EQ(bench.refused(BluetoothBench::pairing("hall", "a b")).code, ErrorCode::invalid);
    bench.pair();
    EXPECT_EQ(bench.refused(BluetoothRequest{"hall", {BluetoothVerb::pair, "AA:00:00:00:00:02", 0}, "head"}).code,
              ErrorCode::conflict);
    bench.end(bench.order(BluetoothBench::pairing()));
    ASSERT_TRUE(bench.answer()) << "the same again: its output is there";
    EXPECT_TRUE(*bench.answer());
    EXPECT_EQ(bench.state.pairings.size(), 1U);
}

TEST(BluetoothOrders, WhatItsBoardDeclaredIsPairedUnderThatName) {
    BluetoothBench bench;
    bench.outputs = {{"ear", device, ""}};
    bench.report(bench.hall);
    EXPECT_EQ(bench.refused(BluetoothBench::pairing()).what,
              "worker 'hall' has declared " + device + " as its output ear; pair it under that name");
    bench.end(bench.order(BluetoothBench::pairing("hall", "ear")));
    EXPECT_TRUE(*bench.answer()) << "it is there already";
}

TEST(BluetoothOrders, BadOnesAreRefusedBeforeABoardHearsOfThem) {
    BluetoothBench bench;
    const auto refused = [&](BluetoothRequest request) {
        const auto error = bench.refused(std::move(request));
        EXPECT_FALSE(bench.ordered());
        return error;
    };
    EXPECT_EQ(refused({"hall", {BluetoothVerb::pair, "AA:00", 0}, "head"}).code, ErrorCode::invalid);
    EXPECT_EQ(refused({"attic", {BluetoothVerb::scan, "", 5000}}).code, ErrorCode::not_found);
    EXPECT_EQ(refused({"hall", {BluetoothVerb::scan, "", 0}}).what, "0 ms is outside 1 to 60 s");
    EXPECT_EQ(refused({"hall", {BluetoothVerb::scan, "", 61'000}}).code, ErrorCode::invalid);
    EXPECT_EQ(refused({"hall", {BluetoothVerb::open, "", 301'000}}).code, ErrorCode::invalid);
    EXPECT_EQ(refused({"hall", {BluetoothVerb::open, "", INT64_MAX}}).code, ErrorCode::invalid);
    EXPECT_EQ(refused({"hall", {BluetoothVerb::scan, "", INT64_MIN}}).code, ErrorCode::invalid);
    bench.take(WorkerMessage{bench.hall, {{}, Alive{false}}});
    EXPECT_EQ(refused({"hall", {BluetoothVerb::scan, "", 5000}}).what, "worker 'hall' is offline; switch it on");
    auto request = bench.user_request(BluetoothBench::plain(BluetoothVerb::accept));
    request.principal = {"eve", {Permission::view, Permission::play}};
    bench.take(request);
    EXPECT_EQ(bench.answer()->error().code, ErrorCode::denied);
}

TEST(BluetoothOrders, NothingIsPairedWhereNobodyKnowsWhatThereIs) {
    BluetoothBench bench;
    bench.ask<InvitationRow>(InviteRequest{"digest"});
    const auto attic = bench.ask<WorkerRow>(JoinRequest{"digest", "attic", "key", 1, "credential", "password"}).id;
    bench.take(WorkerMessage{attic, {{}, Alive{true}}});
    EXPECT_EQ(bench.refused(BluetoothBench::pairing("attic")).what,
              "worker 'attic' has not told yet what it has; try again");
}

TEST(BluetoothOrders, WhatIsForgottenIsLetGo) {
    BluetoothBench bench;
    bench.pair();
    const auto order = bench.order(BluetoothBench::plain(BluetoothVerb::forget));
    bench.end(order);
    EXPECT_TRUE(*bench.answer());
    EXPECT_EQ(bench.announced(), "device.forgotten");
    EXPECT_FALSE(bench.desired(bench.hall).paired);
    EXPECT_EQ(bench.refused(BluetoothBench::pairing("foyer")).code, ErrorCode::conflict)
        << "its board has not said yet that it lets go";
    bench.report(bench.hall);
    EXPECT_TRUE(bench.desired(bench.hall).devices.empty());
    EXPECT_EQ(bench.pair("foyer").output.worker, bench.foyer);
}

TEST(BluetoothOrders, WhoWaitsForWhatIsForgottenIsToldSo) {
    BluetoothBench bench;
    const auto paired = bench.order(BluetoothBench::pairing());
    const auto forgotten = bench.order(BluetoothBench::plain(BluetoothVerb::forget));
    bench.end(paired);
    EXPECT_FALSE(bench.answer()) << "its output is not there yet";
    bench.end(forgotten);
    ASSERT_TRUE(bench.answer());
    EXPECT_EQ(bench.answer()->error().what, "it was forgotten meanwhile");
}

TEST(BluetoothOrders, NobodyLosesWhatHeHears) {
    BluetoothBench bench;
    bench.outputs.push_back({"head", device, ""});
    bench.pair();
    const auto session = bench.ask<SessionRow>(play({"hall/head"}));
    const auto error = bench.refused(BluetoothBench::plain(BluetoothVerb::forget));
    EXPECT_EQ(error.what,
              device + " plays session " + session.id.value + "; stop it first: antiphon stop " + session.id.value);
    bench.ask<SessionRow>(StopRequest{session.id});
    bench.report(bench.hall);
    EXPECT_EQ(bench.desired(bench.hall).devices, std::vector{device}) << "it is its board's, whether it plays or not";
}

TEST(BluetoothOrders, ABoardLetsGoBeforeAnotherMayPlay) {
    BluetoothBench bench;
    bench.outputs = {{"ear", device, ""}};
    bench.report(bench.hall);
    bench.report(bench.foyer);
    const auto session = bench.ask<SessionRow>(play({"hall/ear"}));
    EXPECT_EQ(bench.desired(bench.hall).devices, std::vector{device});
    bench.report(bench.hall);
    bench.ask<SessionRow>(StopRequest{session.id});
    EXPECT_TRUE(bench.desired(bench.hall).devices.empty()) << "with the session it has to let go";
    EXPECT_EQ(bench.refused(play({"foyer/ear"})).code, ErrorCode::conflict) << "it has not said so yet";
    bench.report(bench.hall);
    EXPECT_EQ(bench.ask<SessionRow>(play({"foyer/ear"})).outputs.size(), 1U);
}

TEST(BluetoothOrders, ABoardThatIsReplacedLeavesItsDevicesToTheNext) {
    BluetoothBench bench;
    bench.pair();
    EXPECT_EQ(bench.refused(WorkerRemoveRequest{"hall"}).what,
              "worker 'hall' is paired with " + device + "; stop that first, or switch it off");
    bench.take(WorkerMessage{bench.hall, {{}, Alive{false}}});
    bench.ask<InvitationRow>(InviteRequest{"digest", "hall"});
    const auto heir = bench.ask<WorkerRow>(JoinRequest{"digest", "hall", "new key", 1, "credential", "password"}).id;
    EXPECT_EQ(bench.desired(heir).paired, (std::vector<PairedOutput>{{"head", device}}));
    EXPECT_EQ(bench.desired(heir).devices, std::vector{device});
    bench.take(WorkerMessage{heir, {{}, Alive{false}}});
    bench.ask(WorkerRemoveRequest{"hall"});
    EXPECT_EQ(bench.state.pairings.size(), 0U);
    EXPECT_EQ(bench.state.holds.size(), 0U);
}

TEST(BluetoothOrders, WhatBecomesOfADeviceIsTold) {
    BluetoothBench bench;
    bench.pair();
    bench.bluetooth->devices = {headset(DeviceState::absent, "it is away, or off")};
    bench.report(bench.hall);
    bench.report(bench.hall);
    bench.bluetooth->devices = {headset(DeviceState::streaming)};
    bench.bluetooth->devices[0].battery_percent = 80;
    bench.report(bench.hall);
    bench.tick();
    const auto why = explain(bench.state, device, bench.now);
    ASSERT_TRUE(why);
    EXPECT_EQ(why->verdict, "it is played on");
    EXPECT_EQ(why->grounds, (std::vector<std::string>{"it is paired as hall/head", "its battery has 80 %"}));
    std::vector<std::string> told;
    for (const auto& entry : why->history)
        if (entry.object == device) told.push_back(entry.topic + ": " + entry.text);
    EXPECT_EQ(told, (std::vector<std::string>{"device.paired: '" + address + "' is hall/head",
                                              "device.absent: 'Headset' on 'hall' is absent: it is away, or off",
                                              "device.streaming: 'Headset' on 'hall' is played on"}));
    bench.take(WorkerMessage{bench.hall, {{}, Alive{false}}});
    EXPECT_EQ(explain(bench.state, device, bench.now)->verdict, "its board, worker 'hall', is offline");
}

TEST(BluetoothOrders, ThePairingWindowIsInTheJournal) {
    BluetoothBench bench;
    bench.end(bench.order({"hall", {BluetoothVerb::open, "", 60'000}}));
    EXPECT_EQ(bench.announced(), "pairing.opened");
    EXPECT_EQ(bench.news(), "devices may ask to be paired on 'hall' for 60 s");
    bench.bluetooth->devices = {headset(DeviceState::absent)};
    bench.report(bench.hall);
    bench.end(bench.order(BluetoothBench::plain(BluetoothVerb::accept)));
    EXPECT_EQ(bench.news(), "'Headset' may be paired on 'hall'");
    bench.end(bench.order(BluetoothBench::plain(BluetoothVerb::close)));
    EXPECT_EQ(bench.announced(), "pairing.closed");
    bench.end(bench.order({"hall", {BluetoothVerb::scan, "", 5000}}));
    EXPECT_TRUE(*bench.answer());
    EXPECT_EQ(bench.announced(), "") << "a look changes nothing";
}

}  // namespace
}  // namespace antiphon::core
