// Laws of the command line as a whole: what it starts, what it refuses, and with which exit code.
#include "apps/cli/run.hpp"

#include <gtest/gtest.h>

#include "apps/cli/console.test.hpp"

namespace antiphon::cli::testing {
namespace {

class RunTest : public ::testing::Test {
  protected:
    RunTest() {
        console.programs.coordinator = [this](const node::CoordinatorOptions& options) {
            coordinator = options;
            return 0;
        };
        console.programs.worker = [this](const node::WorkerOptions& options) {
            worker = options;
            return 0;
        };
        console.programs.supervise = [this](const std::vector<std::string>& command) {
            supervised = command;
            return 7;
        };
    }

    Console console;
    node::CoordinatorOptions coordinator;
    node::WorkerOptions worker;
    std::vector<std::string> supervised;
};

TEST_F(RunTest, TheCoordinatorStartsWithDefaults) {
    const auto outcome = console.run({"coordinator"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(coordinator.data, console.home / ".local/state/antiphon/coordinator");
    EXPECT_EQ(coordinator.listen, "127.0.0.1:8740");
    EXPECT_EQ(coordinator.mqtt_port, 8741);
    EXPECT_EQ(coordinator.clock_port, 8742);
    EXPECT_FALSE(coordinator.broker);
    EXPECT_FALSE(coordinator.insecure_lan);
}

TEST_F(RunTest, AWorkerTakesItsDevicesFromTheFlags) {
    const auto outcome = console.run({"worker", "--name", "hall", "--output", "left=virtual:speaker,ppm=3", "--output",
                                      "right=alsa:hw:0", "--input=mic=virtual:microphone", "--join",
                                      "http://c:8740#secret", "--no-clock-agreement"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(worker.name, "hall");
    EXPECT_EQ(worker.join, "http://c:8740#secret");
    EXPECT_EQ(worker.data, console.home / ".local/state/antiphon/worker-hall");
    EXPECT_EQ(worker.outputs,
              (std::vector<node::NamedDevice>{{"left", "virtual:speaker,ppm=3"}, {"right", "alsa:hw:0"}}));
    EXPECT_EQ(worker.inputs, (std::vector<node::NamedDevice>{{"mic", "virtual:microphone"}}));
    EXPECT_FALSE(worker.clock_agreement);
}

TEST_F(RunTest, SuperviseHandsOnTheCommandAndItsExitCode) {
    EXPECT_EQ(console.run({"supervise", "--", "antiphon", "worker", "--name", "x", "--", "-y"}).exit_code, 7);
    EXPECT_EQ(supervised, (std::vector<std::string>{"antiphon", "worker", "--name", "x", "--", "-y"}));
}

TEST_F(RunTest, TheConfigurationFileCounts) {
    const auto file = console.home.write("a.toml", "[worker]\nname = \"attic\"\n[worker.outputs]\nl = \"alsa:hw:2\"\n");
    EXPECT_EQ(console.run({"worker", "--config", file}).exit_code, 0);
    EXPECT_EQ(worker.name, "attic");
    EXPECT_EQ(worker.outputs, (std::vector<node::NamedDevice>{{"l", "alsa:hw:2"}}));
    console.home.write("etc/antiphon.toml", "[worker]\nname = \"system\"\n");
    EXPECT_EQ(console.run({"worker"}).exit_code, 0);
    EXPECT_EQ(worker.name, "system");
    console.variables["ANTIPHON_CONFIG"] = file;
    EXPECT_EQ(console.run({"worker"}).exit_code, 0);
    EXPECT_EQ(worker.name, "attic");
}

TEST_F(RunTest, ABrokenConfigurationIsAFailureThatNamesTheFile) {
    const auto file = console.home.write("b.toml", "[worker]\nnaem = 1\n");
    auto outcome = console.run({"worker", "--config", file});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_TRUE(outcome.says(file + ", line 2: unknown key 'naem' in [worker]")) << outcome.err;
    outcome = console.run({"coordinator", "--config", "/nowhere/a.toml"});
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_EQ(outcome.err, "antiphon: cannot read /nowhere/a.toml: No such file or directory\n");
}

TEST_F(RunTest, WrongUsageIsExitCodeTwoWithAHint) {
    const auto expect = [this](const std::vector<std::string>& words, const std::string& message) {
        const auto outcome = console.run(words);
        EXPECT_EQ(outcome.exit_code, 2) << outcome.out;
        EXPECT_EQ(outcome.err.substr(0, outcome.err.find('\n')), message);
        EXPECT_TRUE(outcome.says("--help`")) << outcome.err;
        EXPECT_EQ(outcome.out, "");
    };
    expect({"cordinator"}, "antiphon: there is no verb 'cordinator'; did you mean 'coordinator'?");
    expect({"coordinator", "--lisen", "x"},
           "antiphon coordinator: there is no option '--lisen'; did you mean '--listen'?");
    expect({"coordinator", "now"}, "antiphon coordinator: 'now' is one word too many");
    expect({"coordinator", "--mqtt-port", "70000"},
           "antiphon coordinator: '70000' of --mqtt-port is no port; write 1 to 65535");
    expect({"coordinator", "--listen", "here"},
           "antiphon coordinator: 'here' of --listen is no address; write HOST:PORT, such as 127.0.0.1:8740");
    expect({"coordinator", "--data"}, "antiphon coordinator: --data needs a value: FOLDER");
    expect({"worker"},
           "antiphon worker: a worker needs a name: give --name NAME, ANTIPHON_NAME, or name in [worker] of "
           "antiphon.toml");
    expect({"supervise"}, "antiphon supervise: COMMAND is required");
}

TEST_F(RunTest, NothingAtAllIsUsageToo) {
    const auto outcome = console.run({});
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_TRUE(outcome.err.starts_with("The audio cluster of a venue.\n")) << outcome.err;
}

TEST_F(RunTest, HelpGoesToStdoutWithExamples) {
    const auto outcome = console.run({"worker", "--help"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_TRUE(outcome.says("Usage: antiphon worker [OPTIONS]")) << outcome.out;
    EXPECT_TRUE(outcome.says("EXAMPLES\n  antiphon worker --name hall")) << outcome.out;
    EXPECT_FALSE(outcome.says("--no-clock-agreement"));
    EXPECT_EQ(outcome.err, "");
    EXPECT_TRUE(console.run({"-h"}).says("supervise"));
}

TEST_F(RunTest, SaysItsVersion) {
    const auto outcome = console.run({"version"});
    EXPECT_EQ(outcome.exit_code, 0);
    EXPECT_TRUE(outcome.out.starts_with("antiphon 0.")) << outcome.out;
    EXPECT_EQ(console.run({"--version"}).out, outcome.out);
    EXPECT_TRUE(console.run({"version", "--json"}).out.starts_with("{\"version\":\"0."));
}

}  // namespace
}  // namespace antiphon::cli::testing
