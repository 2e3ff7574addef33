// Version N opens what N-1 stored: the databases of each older schema, as real programs left them, are upgraded whole.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "adapters/sqlite/sqlite_store.hpp"
#include "apps/coordinator/load.hpp"
#include "apps/worker/load.hpp"

namespace antiphon {
namespace {

namespace fs = std::filesystem;
const fs::path golden = GOLDEN_FOLDER;

class Stores : public testing::Test {
  protected:
    Stores() {
        std::string pattern = (fs::temp_directory_path() / "antiphon-golden-XXXXXX").string();
        EXPECT_NE(::mkdtemp(pattern.data()), nullptr);
        folder_ = pattern;
    }
    ~Stores() override {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    // The database that `schema-N/NAME.sql` describes.
    fs::path made_of(const fs::path& sql) {
        const auto path = folder_ / (sql.parent_path().filename().string() + "-" + sql.stem().string()) / "antiphon.db";
        fs::create_directories(path.parent_path());
        EXPECT_TRUE(sqlite::ensure_file(path));
        std::ifstream file(sql);
        const std::string text{std::istreambuf_iterator<char>(file), {}};
        auto database = sqlite::Database::open(path);
        const auto done = database->run(text.c_str());
        EXPECT_TRUE(done) << sql << ": " << done.error().what;
        return path;
    }

  private:
    fs::path folder_;
};

// Every field of `before` is in `after`, with its value.
void expect_kept(const boost::json::value& before, const boost::json::value& after, const std::string& where) {
    if (before.is_object()) {
        ASSERT_TRUE(after.is_object()) << where;
        for (const auto& [key, value] : before.get_object()) {
            const auto name = where + "." + std::string(key.data(), key.size());
            const auto* kept = after.get_object().if_contains(key);
            ASSERT_TRUE(kept) << name << " is gone";
            expect_kept(value, *kept, name);
        }
    } else if (before.is_array()) {
        ASSERT_TRUE(after.is_array() && after.get_array().size() == before.get_array().size()) << where;
        for (std::size_t i = 0; i < before.get_array().size(); ++i)
            expect_kept(before.get_array()[i], after.get_array()[i], where + "[" + std::to_string(i) + "]");
    } else {
        EXPECT_EQ(before, after) << where;
    }
}

boost::json::value parsed(const std::string& text) {
    boost::system::error_code error;
    auto value = boost::json::parse(text, error);
    return error ? boost::json::value(boost::json::string(text.data(), text.size())) : value;  // the cluster's id
}

void expect_all_kept(const fs::path& path, const sqlite::RowUpgrade& upgrade, std::size_t rows_min) {
    std::vector<ports::StoredRow> before;
    {
        auto database = sqlite::Database::open(path);
        auto rows = database->prepare("SELECT key, value, revision FROM rows ORDER BY key");
        while (rows.step() == sqlite::Statement::Step::row)
            before.push_back({std::string(rows.bytes(0)), std::string(rows.bytes(1)),
                              static_cast<ports::Revision>(rows.integer(2))});
    }
    EXPECT_GE(before.size(), rows_min);
    auto store = sqlite::SqliteStore::open(path, upgrade);
    ASSERT_TRUE(store) << store.error().what;
    EXPECT_TRUE((*store)->migrated());
    const auto after = (*store)->list("");
    ASSERT_TRUE(after);
    ASSERT_EQ(after->size(), before.size());
    for (std::size_t i = 0; i < before.size(); ++i) {
        EXPECT_EQ((*after)[i].key, before[i].key);
        EXPECT_EQ((*after)[i].revision, before[i].revision) << before[i].key;
        expect_kept(parsed(before[i].value), parsed((*after)[i].value), before[i].key);
    }
}

TEST_F(Stores, OfEveryOlderSchemaKeepEveryRowAndField) {
    int schemas = 0;
    for (std::int64_t schema = 1; schema < sqlite::schema_version; ++schema, ++schemas) {
        const auto folder = golden / ("schema-" + std::to_string(schema));
        expect_all_kept(made_of(folder / "coordinator.sql"), coordinator::upgrade_row, 15);
        expect_all_kept(made_of(folder / "worker.sql"), worker::upgrade_row, 1);
    }
    EXPECT_GE(schemas, 1);
}

TEST_F(Stores, MeanWhatTheyMeantToACoordinator) {
    auto store = sqlite::SqliteStore::open(made_of(golden / "schema-1" / "coordinator.sql"), coordinator::upgrade_row);
    ASSERT_TRUE(store) << store.error().what;
    const auto loaded = coordinator::load_state(**store);
    ASSERT_TRUE(loaded) << loaded.error().what;
    const auto& state = loaded->state;
    EXPECT_EQ(loaded->cluster, "c1bd1d7fc");
    EXPECT_EQ(state.cluster.epoch.value, 1u);
    EXPECT_EQ(state.cluster.next_id, 9u);
    EXPECT_FALSE(state.cluster.restored);
    ASSERT_TRUE(state.workers.find({"w1"}) && state.workers.find({"w2"}));
    EXPECT_EQ(state.workers.find({"w1"})->name, "hall");
    EXPECT_EQ(state.workers.find({"w1"})->generation.value, 11u);
    EXPECT_EQ(state.workers.find({"w2"})->name, "foyer");
    EXPECT_EQ(state.zones.size(), 2u);
    EXPECT_EQ(state.zones.find({"z3"})->outputs.size(), 2u);
    EXPECT_EQ(state.sessions.find({"s5"})->last_words.at(0).report.position_frames, 110331);
    EXPECT_EQ(state.sessions.find({"s7"})->phase, core::SessionPhase::playing);
    EXPECT_EQ(state.sessions.find({"s7"})->start->ns, 29181839133905);
    EXPECT_EQ(state.recordings.find({"r4"})->tracks.at(0).frames, 190560);
    EXPECT_EQ(state.recordings.find({"r6"})->phase, core::RecordingPhase::recording);
    EXPECT_EQ(state.outputs.find({{"w1"}, "left"})->volume, 0.8);
    EXPECT_EQ(state.invitations.size(), 3u);
    EXPECT_EQ(state.requests.find("golden-zone-1")->object, "z8");
}

TEST_F(Stores, MeanWhatTheyMeantToAWorker) {
    auto store = sqlite::SqliteStore::open(made_of(golden / "schema-1" / "worker.sql"), worker::upgrade_row);
    ASSERT_TRUE(store) << store.error().what;
    const auto state = worker::load_state(**store);
    ASSERT_TRUE(state) << state.error().what;
    EXPECT_EQ(state->memory.boot.value, 1u);
    EXPECT_EQ(state->memory.desired.generation.value, 11u);
    EXPECT_EQ(state->memory.desired.sessions.at(0).start->ns, 29181839133905);
    EXPECT_EQ(state->memory.desired.recordings.at(0).inputs.at(0), "mic");
}

}  // namespace
}  // namespace antiphon
