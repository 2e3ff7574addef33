// Laws of completion: bash, asked for real, offers what can stand there, and nothing is forgotten.
#include "apps/cli/completion.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdio>

#include "apps/cli/console.test.hpp"

namespace antiphon::cli::testing {
namespace {

class BashTest : public ::testing::Test {
  protected:
    BashTest() { script = folder.write("completion.bash", console.run({"completion", "bash"}).out); }

    // What bash would offer for these words, the last one unfinished; one per line.
    std::string offered(const std::string& words) {
        const auto program = folder.write("ask.bash", "source " + script + "\ncd " + folder.path() +
                                                          "/files\nCOMP_WORDS=(antiphon " + words +
                                                          ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_antiphon\nprintf "
                                                          "'%s\\n' \"${COMPREPLY[@]}\" | LC_ALL=C sort\n");
        return shell("bash " + program + " 2>&1");
    }
    static std::string shell(const std::string& command) {
        std::string text;
        std::array<char, 4096> piece{};
        FILE* pipe = ::popen(command.c_str(), "r");
        if (pipe == nullptr) return "no shell";
        while (const auto size = std::fread(piece.data(), 1, piece.size(), pipe)) text.append(piece.data(), size);
        ::pclose(pipe);
        return text;
    }

    TempFolder folder;
    Console console;
    std::string script;
};

TEST_F(BashTest, OffersVerbsAndTheirOptions) {
    folder.write("files/x", "");
    EXPECT_EQ(offered("zo"), "zone\n");
    EXPECT_EQ(offered("pa"), "pause\n");
    EXPECT_EQ(offered("zone ''"), "--help\ncreate\ndelete\nlist\nrename\nset\n");
    EXPECT_EQ(offered("zone create foyer --o"), "--outputs\n");
    EXPECT_EQ(offered("workers p"), "ping\n");
    EXPECT_EQ(offered("completion --"), "--help\n");
    EXPECT_EQ(offered("token create bar --may vi"), "view\n");
}

TEST_F(BashTest, OffersFilesWhereTheyBelong) {
    folder.write("files/a song.flac", "");
    folder.write("files/b.flac", "");
    EXPECT_EQ(offered("play a"), "a song.flac\n");
    EXPECT_EQ(offered("status b"), "\n");
    EXPECT_EQ(offered("status --token-file b"), "b.flac\n");
    EXPECT_EQ(offered("export r3 --to b"), "b.flac\n");
    EXPECT_EQ(offered("play x --to b"), "\n");
}

TEST_F(BashTest, OffersTheValuesOfAnOption) {
    folder.write("files/x", "");
    EXPECT_EQ(offered("coordinator --log-format j"), "json\n");
    EXPECT_EQ(offered("coordinator --listen ''"), "\n");
}

TEST_F(BashTest, IsLoadedWithoutAWord) {
    EXPECT_EQ(shell("bash -n " + script + " 2>&1; bash -c 'source " + script + "' 2>&1"), "");
}

TEST(Completion, EveryShellKnowsEveryVerb) {
    Console console;
    for (const auto* shell : {"bash", "zsh", "fish"}) {
        const auto outcome = console.run({"completion", shell});
        EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
        for (const auto* verb : {"play", "record", "status", "supervise", "completion", "rename"})
            EXPECT_TRUE(outcome.says(verb)) << shell << " " << verb;
        EXPECT_FALSE(outcome.says("no-clock-agreement"));
    }
    EXPECT_EQ(console.run({"completion", "csh"}).exit_code, 2);
}

TEST(Completion, FishAsksForTheVerbsAbove) {
    const auto script = fish_completion(
        {"antiphon",
         "",
         {},
         {},
         {{"zone", "it's zones", {}, {}, {{"create", "", {{"--outputs", "OUTPUT", "what"}}, {}, {}}}}}});
    EXPECT_NE(script.find("complete -c antiphon -f -n '__fish_use_subcommand' -a zone -d 'it'\\''s zones'\n"),
              std::string::npos);
    EXPECT_NE(script.find(
                  "complete -c antiphon -n '__fish_seen_subcommand_from zone; and __fish_seen_subcommand_from create' "
                  "-l outputs -x -d 'what'\n"),
              std::string::npos);
}

}  // namespace
}  // namespace antiphon::cli::testing
