#include "adapters/aws/provider/user_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string_view>

#include "adapters/aws/provider/generated/birth_script.h"

namespace mayfly::aws {
namespace {

bool IsPlain(char c) {
  constexpr std::string_view kMarks = "._-/:+=@";
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || kMarks.find(c) != std::string::npos;
}

// Words that a shell takes as they are, so that nothing needs quoting.
Status CheckWord(std::string_view what, const std::string& word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), IsPlain)) return {};
  return Invalid(fmt::format(
      "the {} '{}' of a machine may hold letters, digits and . _ - / : + = @ only", what, word));
}

Status CheckWords(const BirthSpec& birth) {
  TRY(CheckWord("region", birth.region));
  TRY(CheckWord("bucket", birth.bundle.bucket));
  TRY(CheckWord("bundle", birth.bundle.key));
  TRY(CheckWord("bundle's address", birth.bundle_url));
  TRY(CheckWord("parameter", birth.parameter));
  constexpr std::string_view kHex = "0123456789abcdef";
  const bool is_digest = birth.bundle.sha256.size() == 64 &&
                         birth.bundle.sha256.find_first_not_of(kHex) == std::string::npos;
  if (is_digest) return {};
  return Invalid("the bundle's sha256 is '" + birth.bundle.sha256 + "', not 64 hexadecimal digits");
}

}  // namespace

Result<std::string> UserData(const BirthSpec& birth) {
  TRY(CheckWords(birth));
  const auto ends = std::chrono::floor<seconds>(birth.ends_at).time_since_epoch().count();
  std::string script = fmt::format(
      "#!/bin/sh\n"
      "# The birth of machine {1} of run {0}.\n"
      "run={0} machine={1} ends={2}\n"
      "bucket={3} object={4}\n"
      "sha256={5}\n"
      "url={6}\n"
      "export AWS_REGION={7} MAYFLY_PROVIDER=ec2 MAYFLY_DATABASE=ssm:{8}\n",
      birth.run.value, birth.machine.value, ends, birth.bundle.bucket, birth.bundle.key,
      birth.bundle.sha256, birth.bundle_url, birth.region, birth.parameter);
  script += kBirthScript;
  if (script.size() <= kLongestUserData) return script;
  return Invalid(fmt::format("the user data of machine {} has {} bytes, more than {}",
                             birth.machine.value, script.size(), kLongestUserData));
}

}  // namespace mayfly::aws
