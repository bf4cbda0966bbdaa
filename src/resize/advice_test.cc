#include "resize/advice.h"

#include <gtest/gtest.h>

namespace mayfly::resize {
namespace {

const Pool kPlace{.region = "us-east-1", .zone = "us-east-1a", .market = Market::kOnDemand};

HostType Type(const std::string& name, int vcpus, int memory_mib) {
  return {.name = name, .vcpus = vcpus, .memory_mib = memory_mib};
}

// A t3.2xlarge whose CPU is at 3 % on average and 20 % at its busiest, with 600 MiB in use.
AdviceQuestion Idle() {
  AdviceQuestion question;
  question.host = {.id = "i-1", .type = "t3.2xlarge", .region = kPlace.region, .zone = kPlace.zone};
  question.from = Type("t3.2xlarge", 8, 32768);
  question.types = {Type("t3.2xlarge", 8, 32768), Type("t3.small", 2, 2048),
                    Type("t3.nano", 2, 512), Type("m7i.large", 2, 8192)};
  question.observed.use = HostUse{.vcpus = 8, .memory_kib = 32 << 20, .used_kib = 600 << 10};
  question.observed.seen_for = hours(24 * 14);
  question.observed.cpu_average = 3;
  question.observed.cpu_peak = 15;
  question.observed.memory_peak = 2;
  return question;
}

cost::PriceBook Book() {
  cost::PriceBook book(MakeInstant(2025, 11, 18));
  const auto add = [&](const std::string& type, std::int64_t micro_usd) {
    Pool pool = kPlace;
    pool.instance_type = type;
    const Status added = book.AddListPrice({Item::kCompute, pool},
                                           {MakeInstant(2025, 11, 17), {micro_usd, Unit::kHour}});
    CHECK(added.ok(), "a price of the test");
  };
  add("t3.nano", 5'200);
  add("m7i.large", 100'800);
  return book;
}

TEST(Advice, IsTheCheapestThatHoldsWhatRan) {
  const Advice advice = Advise(Idle(), Book());
  EXPECT_EQ(advice.recommended, "t3.small");
  EXPECT_EQ(advice.sentence, "t3.small is the cheapest that fits: mayfly resize i-1 t3.small");
  EXPECT_EQ(advice.options.front().type.name, "t3.nano");
  EXPECT_NE(advice.options.front().why_not.find("512 MiB of memory"), std::string::npos);
}

TEST(Advice, IsNeverSmallerThanWhatEverRan) {
  AdviceQuestion question = Idle();
  question.observed.use->high_water_kib = 5 << 20;
  EXPECT_EQ(Advise(question, Book()).recommended, "m7i.large");
  question.observed.memory_peak = 40;
  const Advice advice = Advise(question, Book());
  EXPECT_FALSE(advice.recommended.has_value());
  EXPECT_EQ(advice.sentence, "stay: t3.2xlarge is the cheapest that fits");
}

TEST(Advice, ABusyHostKeepsItsProcessors) {
  AdviceQuestion question = Idle();
  question.observed.cpu_peak = 60;
  EXPECT_FALSE(Advise(question, Book()).recommended.has_value());
}

// 12 % of 8 vCPU are 0.96; a t3.small pays for 0.4 with the hour.
TEST(Advice, CreditsAreAmongThePriceOfABurstableType) {
  AdviceQuestion question = Idle();
  question.observed.cpu_average = 12;
  const Advice advice = Advise(question, Book());
  for (const Option& option : advice.options) {
    if (option.type.name != "t3.small") continue;
    EXPECT_EQ(FormatMoney(*option.credits), "20.44 USD");
    EXPECT_EQ(FormatMoney(*option.total()), "35.62 USD");
  }
}

TEST(Advice, NobodyRecommendsWithoutHavingSeenTheMemory) {
  AdviceQuestion question = Idle();
  question.observed.use.reset();
  question.observed.memory_peak.reset();
  const Advice advice = Advise(question, Book());
  EXPECT_EQ(advice.needed_mib, 0);
  EXPECT_FALSE(advice.recommended.has_value());
  EXPECT_NE(advice.sentence.find("memory was not seen"), std::string::npos);
}

TEST(Advice, SaysWhatItCouldNotSee) {
  AdviceQuestion question = Idle();
  question.observed.memory_peak.reset();
  question.observed.cpu_average.reset();
  const Advice advice = Advise(question, Book());
  ASSERT_EQ(advice.unseen.size(), 2U);
  EXPECT_NE(advice.unseen[0].find("memory over time"), std::string::npos);
  EXPECT_NE(advice.unseen[1].find("processors over time"), std::string::npos);
}

TEST(Advice, ATypeWithoutAPriceIsNotRecommended) {
  AdviceQuestion question = Idle();
  question.types = {Type("t3a.small", 2, 2048)};
  const Advice advice = Advise(question, Book());
  EXPECT_FALSE(advice.recommended.has_value());
}

}  // namespace
}  // namespace mayfly::resize
