#include "model/toml_reader.h"

#include <gtest/gtest.h>

namespace mayfly {
namespace {

bool Never(std::string_view) { return false; }
bool Always(std::string_view) { return true; }

TomlNode Parse(std::string_view text) {
  Problems problems;
  auto root = ParseToml(text, problems);
  EXPECT_TRUE(root.has_value()) << problems.AsError("x").message();
  return root.value_or(TomlNode{{}, TomlTable{}});
}

TEST(Toml, EveryValueKnowsItsLine) {
  TomlNode root = Parse("[a]\nx = 1\ny = [\n  'p',\n  'q']\n");
  EXPECT_EQ(root.Find("a")->Find("x")->place.line, 2);
  EXPECT_EQ((*root.Find("a")->Find("y")->As<TomlArray>())[1].place.line, 5);
}

TEST(Toml, KeysStayInTheOrderOfTheFile) {
  TomlNode root = Parse("t = { z = 1, a = 2, m = 3 }\n");
  const auto& table = *root.Find("t")->As<TomlTable>();
  EXPECT_EQ(table[0].key, "z");
  EXPECT_EQ(table[2].key, "m");
}

TEST(Toml, WritingSortsKeysExceptWhereOrderMatters) {
  TomlNode root = Parse("t = { z = 1, a = 2 }\n");
  EXPECT_EQ(WriteToml(root, Never), "[t]\na = 2\nz = 1\n");
  EXPECT_EQ(WriteToml(root, Always), "[t]\nz = 1\na = 2\n");
}

TEST(Toml, WhatIsWrittenReadsBackTheSame) {
  const char* text =
      "s = \"tab\\t quote\\\" back\\\\ nl\\n \\u0001 ü\"\nf = 1.0\ng = 1e300\nh = -0.1\ni = -7\n"
      "b = true\nd = 2024-07-01\nt = 2024-07-01T10:00:00.5+02:00\nl = [1, [2, 'x'], {k = 3}]\n"
      "inf = inf\n'strange key' = 1\n[q.'x.y']\nz = {}\n[[r]]\na = 1\n[[r]]\n";
  std::string once = WriteToml(Parse(text), Never);
  EXPECT_EQ(WriteToml(Parse(once), Never), once);
  EXPECT_NE(once.find("2024-07-01T08:00:00.500000Z"), std::string::npos) << once;
}

TEST(Toml, SyntaxErrorsHaveALine) {
  for (const char* text : {"a = 1\nb = [1,\n", "a = 1\nb = 2024-13\n", "a = 1\na = 2\n"}) {
    Problems problems;
    EXPECT_FALSE(ParseToml(text, problems).has_value());
    EXPECT_NE(problems.AsError("f.toml").message().find("f.toml:"), std::string::npos);
  }
}

TEST(Toml, ABareWordIsAString) {
  Problems problems;
  auto value = [&](std::string_view text) { return *ParseTomlValue(text, {0, "k"}, problems); };
  EXPECT_EQ(*value("/data/bars #1").As<std::string>(), "/data/bars #1");
  EXPECT_EQ(*value("48h").As<std::string>(), "48h");
  EXPECT_EQ(*value("2024-07").As<std::string>(), "2024-07");
  EXPECT_EQ(*value("1\n[x]").As<std::string>(), "1\n[x]");
  EXPECT_EQ(*value("12").As<std::int64_t>(), 12);
  EXPECT_EQ(value("['a', 'b']").As<TomlArray>()->size(), 2U);
  EXPECT_TRUE(problems.empty());
}

TEST(Toml, AValueThatIsNeitherTomlNorTextIsRefused) {
  for (const char* text : {"[1, 2", "\"open", "{a=1", "\xFF\xFE"}) {
    Problems problems;
    EXPECT_FALSE(ParseTomlValue(text, {0, "k"}, problems).has_value()) << text;
    EXPECT_TRUE(problems.AsError("f").message().starts_with("--set k: "));
  }
}

TEST(TableReader, ComplainsOfKeysThatNobodyAskedFor) {
  Problems problems;
  TomlNode root = Parse("name = 'x'\ntimeuot = 1\n");
  TableReader reader(root, "[t]", problems);
  Duration timeout{};
  reader.Find("name");
  reader.ReadDuration("timeout", timeout, Duration{0});
  reader.Finish();
  EXPECT_EQ(problems.AsError("f").message(),
            "f:2: [t]: unknown key \"timeuot\"; did you mean \"timeout\"?");
}

}  // namespace
}  // namespace mayfly
