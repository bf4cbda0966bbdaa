#include "adapters/aws/text.h"

#include <gtest/gtest.h>

#include "adapters/aws/command_line.h"
#include "adapters/aws/presign.h"
#include "adapters/aws/query.h"

namespace mayfly::aws {
namespace {

TEST(Text, EverythingButUnreservedIsEncoded) {
  EXPECT_EQ(PercentEncode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(PercentEncode(" +/=&%\n\xC3\xBC*'()"), "%20%2B%2F%3D%26%25%0A%C3%BC%2A%27%28%29");
  EXPECT_EQ(PercentEncodePath("a/b c"), "a/b%20c");
}

TEST(Text, AQueryIsSortedAndEveryPartHasAnEqualsSign) {
  EXPECT_EQ(EncodeQuery({{"uploads", ""}, {"list-type", "2"}, {"delimiter", "/"}}),
            "delimiter=%2F&list-type=2&uploads=");
  EXPECT_EQ(EncodePairs({{"b", "1"}, {"a", "2"}}), "b=1&a=2");
}

TEST(Text, Base64GoesBothWays) {
  for (std::string bytes : {"", "a", "ab", "abc", "abcd", "\xFF\xFE\n"}) {
    EXPECT_EQ(*FromBase64(Base64(bytes)), bytes);
  }
  EXPECT_EQ(Base64("hello"), "aGVsbG8=");
  EXPECT_EQ(*FromBase64("aGVs\n bG8=\n"), "hello");
  for (const char* bad : {"a", "aGVsbG8", "!!!!", "aGVsbG8=="}) EXPECT_FALSE(FromBase64(bad).ok());
}

TEST(Text, DigestsAreThoseOfTheirStandards) {
  EXPECT_EQ(Sha256Hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  // RFC 4231, test case 2.
  EXPECT_EQ(Hex(HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

struct Amount {
  const char* text;
  std::int64_t micro_usd;
};

TEST(Text, AmountsAreReadToTheMicroDollar) {
  for (const Amount& amount :
       {Amount{"0.1234000", 123'400}, Amount{"12.5", 12'500'000}, Amount{"0.0000005", 1},
        Amount{"0.00000049999", 0}, Amount{"3", 3'000'000}, Amount{"1.4280000000", 1'428'000}}) {
    EXPECT_EQ(ParseUsd(amount.text)->micro_usd, amount.micro_usd) << amount.text;
  }
  for (const char* bad :
       {"", ".", ".5", "-1", "1e5", "nan", "1.2.3", "99999999999999999999", "+1"}) {
    EXPECT_FALSE(ParseUsd(bad).ok()) << bad;
  }
}

TEST(Text, AmountsAreWrittenShort) {
  EXPECT_EQ(DecimalUsd(Money{500'000}), "0.5");
  EXPECT_EQ(DecimalUsd(Money{1}), "0.000001");
  EXPECT_EQ(DecimalUsd(Money{12'000'000}), "12");
}

TEST(Text, SecretsAreTakenOut) {
  EXPECT_EQ(WithoutSecrets("x hunter2, hunter2 abc", {"hunter2", "abc", ""}), "x ***, *** abc");
}

TEST(Query, ListsAreFlatAndCountedFromOne) {
  Query query("DescribeInstances", "2016-11-15");
  const std::vector<std::string> ids{"i-1", "i-2"};
  const Filters filters{{"tag:run", {"7", "8"}}, {"tag-key", {"x"}}};
  query.SetList("InstanceId", ids).SetFilters(filters).SetUnlessEmpty("Empty", "");
  EXPECT_EQ(query.Body(),
            "Action=DescribeInstances&Version=2016-11-15&InstanceId.1=i-1&InstanceId.2=i-2"
            "&Filter.1.Name=tag%3Arun&Filter.1.Value.1=7&Filter.1.Value.2=8"
            "&Filter.2.Name=tag-key&Filter.2.Value.1=x");
}

TEST(Query, TagsAreGivenToEachTypeOfThing) {
  Query query("RunInstances", "1");
  const std::vector<std::string> types{"instance", "volume"};
  query.SetTagSpecifications("TagSpecification", types, {{"a", "b c"}}).SetFlag("DryRun", true);
  query.SetTagSpecifications("Nothing", types, {});
  EXPECT_EQ(query.Body(),
            "Action=RunInstances&Version=1&TagSpecification.1.ResourceType=instance"
            "&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b%20c"
            "&TagSpecification.2.ResourceType=volume&TagSpecification.2.Tag.1.Key=a"
            "&TagSpecification.2.Tag.1.Value=b%20c&DryRun=true");
}

TEST(CommandLine, HasWordsQuotesAndBackslashesAndNoShell) {
  using Words = std::vector<std::string>;
  EXPECT_EQ(*SplitCommandLine("a  'b c' \"d \\\" e\" f\\ g ''"),
            (Words{"a", "b c", "d \" e", "f g", ""}));
  EXPECT_EQ(*SplitCommandLine("echo $HOME; x|y \"a\\n\""),
            (Words{"echo", "$HOME;", "x|y", "a\\n"}));
  EXPECT_EQ(*SplitCommandLine(""), Words{});
  EXPECT_FALSE(SplitCommandLine("'open").ok());
}

// Its signature is checked against botocore by tests/aws/wire_test.py.
TEST(Presign, HasAllItsPartsAndNotTheSecret) {
  PresignRequest request;
  request.host = "examplebucket.s3.amazonaws.com";
  request.path = "/test.txt";
  request.region = "us-east-1";
  request.service = "rds-db";
  request.at = MakeInstant(2013, 5, 24);
  request.good_for = seconds(86400);
  const Credentials keys{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", "",
                         std::nullopt, "test"};
  const std::string url = Presign(request, keys);
  EXPECT_TRUE(url.starts_with(
      "examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
      "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Frds-db%2Faws4_request&X-Amz-Date="
      "20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature="))
      << url;
  EXPECT_EQ(url.find("wJalr"), std::string::npos);
}

}  // namespace
}  // namespace mayfly::aws
