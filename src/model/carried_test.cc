#include "model/carried.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace mayfly {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

StageSpec Command(const std::string& name, const std::string& cwd) {
  StageSpec stage;
  stage.name = name;
  stage.kind = CommandSpec{.argv = {"./run.sh"}, .cwd = cwd};
  return stage;
}

StageSpec Load(const std::string& name, const std::string& dir) {
  StageSpec stage;
  stage.name = name;
  stage.kind = LoadSpec{.dir = dir};
  return stage;
}

std::vector<std::string> PlacesOf(const std::vector<NeededFolder>& folders) {
  std::vector<std::string> places;
  for (const NeededFolder& folder : folders) {
    places.push_back(folder.path + " " + folder.at + (folder.whole ? "" : " (files)"));
  }
  return places;
}

struct NeedCase {
  const char* name;
  std::vector<StageSpec> stages;
  std::vector<std::string> places;
};

class Needs : public testing::TestWithParam<NeedCase> {};

TEST_P(Needs, AreEachFolderOnce) {
  PhaseSpec spec;
  spec.stages = GetParam().stages;
  Result<std::vector<NeededFolder>> needed = ListNeededFolders(spec, "/srv/p/");
  ASSERT_TRUE(needed.ok()) << needed.error().message();
  EXPECT_EQ(PlacesOf(*needed), GetParam().places);
}

INSTANTIATE_TEST_SUITE_P(
    Carried, Needs,
    testing::Values(
        NeedCase{"nothing", {}, {}}, NeedCase{"table", {Load("load", "")}, {}},
        NeedCase{"phase_folder", {Command("c", "/srv/p")}, {"/srv/p phase"}},
        NeedCase{"same_twice",
                 {Command("a", "/srv/p/s"), Command("b", "/srv/p/s/")},
                 {"/srv/p/s phase/s"}},
        NeedCase{"one_in_another",
                 {Command("a", "/srv/p/s/t"), Command("b", "/srv/p/s")},
                 {"/srv/p/s phase/s"}},
        NeedCase{"names_alike",
                 {Command("a", "/srv/p/s"), Command("b", "/srv/p/st")},
                 {"/srv/p/s phase/s", "/srv/p/st phase/st"}},
        NeedCase{"bars_in_a_whole_folder",
                 {Load("load", "/srv/p/bars"), Command("c", "/srv/p")},
                 {"/srv/p phase"}},
        NeedCase{"bars_beside",
                 {Load("load", "/srv/p/bars"), Command("c", "/srv/p/s")},
                 {"/srv/p/bars phase/bars (files)", "/srv/p/s phase/s"}},
        NeedCase{"command_among_bars",
                 {Load("load", "/srv/p/s"), Command("c", "/srv/p/s")},
                 {"/srv/p/s phase/s"}},
        NeedCase{"below_bars",
                 {Load("load", "/srv/p"), Command("c", "/srv/p/s")},
                 {"/srv/p phase (files)", "/srv/p/s phase/s"}},
        NeedCase{"bars_elsewhere", {Load("load", "/data/bars")}, {"/data/bars load/load (files)"}}),
    [](const auto& about) { return about.param.name; });

TEST(Carried, ACommandOutsideOfThePhasesFolderIsRefusedByName) {
  PhaseSpec spec;
  spec.stages = {Command("elsewhere", "/srv/person")};
  Result<std::vector<NeededFolder>> needed = ListNeededFolders(spec, "/srv/p");
  ASSERT_FALSE(needed.ok());
  EXPECT_EQ(needed.error().kind(), ErrorKind::kInvalid);
  EXPECT_THAT(needed.error().message(), HasSubstr("\"elsewhere\" runs in /srv/person"));
}

TEST(Carried, AManifestRoundTrips) {
  std::vector<CarriedFolder> carried = ListCarried(
      {{.path = "/srv/p/s", .at = "phase/s"}, {.path = "/data/bärs", .at = "load/load"}}, "/srv/p");
  EXPECT_THAT(carried, ElementsAre(CarriedFolder{"/srv/p", "phase"},
                                   CarriedFolder{"/data/bärs", "load/load"}));
  Result<std::vector<CarriedFolder>> read = ManifestFromJson(ManifestToJson(carried));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(*read, carried);
}

TEST(Carried, WhatIsNoManifestIsRefused) {
  for (const char* text : {"", "[]", "{}", "{\"folders\":[1]}", "{\"folders\":[{\"from\":1}]}"}) {
    EXPECT_FALSE(ManifestFromJson(text).ok()) << text;
  }
}

TEST(Carried, APlanReadsAndRunsWhatWasCarried) {
  PhasePlan plan;
  StageSpec command = Command("c", "/srv/p/s");
  std::get<CommandSpec>(command.kind).argv = {"/srv/p/s/a.py", "/srv/person/b", "{pair}"};
  std::get<CommandSpec>(command.kind).env = {{"HOME_OF_PHASE", "/srv/p"}};
  plan.stages = {{.spec = command}, {.spec = Load("load", "/data/bars")}};
  CarryPaths(plan, {{"/srv/p", "phase"}, {"/data/bars", "load/load"}}, "/opt/m/work");
  const auto& carried = std::get<CommandSpec>(plan.stages[0].spec.kind);
  EXPECT_EQ(carried.cwd, "/opt/m/work/phase/s");
  EXPECT_THAT(carried.argv, ElementsAre("/opt/m/work/phase/s/a.py", "/srv/person/b", "{pair}"));
  EXPECT_EQ(carried.env.at("HOME_OF_PHASE"), "/opt/m/work/phase");
  EXPECT_EQ(std::get<LoadSpec>(plan.stages[1].spec.kind).dir, "/opt/m/work/load/load");
}

}  // namespace
}  // namespace mayfly
