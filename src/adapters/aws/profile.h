#pragma once
// What the AWS tools read before they do anything: environment and the two files of profiles.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "seams/file_system.h"

namespace mayfly::aws {

// The environment by name; absent and empty are the same to the AWS tools.
using Environment = std::function<std::optional<std::string>(const std::string& name)>;
std::string Value(const Environment& environment, const std::string& name);

// An INI file of AWS's dialect. A nested setting ("s3 =" with indented lines) is under "s3.NAME".
using Section = std::map<std::string, std::string>;
using Sections = std::map<std::string, Section>;
// kInvalid names the line, without showing it: it may be a secret (I12).
Result<Sections> ParseProfiles(std::string_view text, const std::string& path);

class Profiles {
 public:
  // Reads AWS_CONFIG_FILE and AWS_SHARED_CREDENTIALS_FILE, else those in ~/.aws. A file that is
  // not there is empty; one that cannot be read is an error.
  static Result<Profiles> Load(const Environment& environment, FileSystem& files);

  // AWS_PROFILE, AWS_DEFAULT_PROFILE, else "default".
  const std::string& name() const { return name_; }
  bool is_named() const { return is_named_; }

  // Credentials stand before config where both have a key, as with the AWS tools.
  bool has(const std::string& profile) const;
  std::string value(const std::string& profile, const std::string& key) const;
  // A key of the section [services NAME] that the profile names: "ec2.endpoint_url".
  std::string service_value(const std::string& profile, const std::string& key) const;

 private:
  std::string name_ = "default";
  bool is_named_ = false;
  Sections config_, credentials_;
};

}  // namespace mayfly::aws
